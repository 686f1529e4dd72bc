"""Makes a person's pictures, clips and sounds fit for a model, each checked as hostile first."""
