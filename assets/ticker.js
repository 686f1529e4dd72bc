// A worker that only counts time: a hidden tab's own timers are slowed to one a minute.
onmessage = ({ data }) => setTimeout(() => postMessage(null), data);
