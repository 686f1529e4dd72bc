// A worker that only counts time: a hidden tab's own timers are slowed to one a minute.
let timer = 0;
onmessage = ({ data }) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage(null), data);
};
