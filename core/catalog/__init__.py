"""Every video model of both vendors: their own documents in, entries of this app out."""
