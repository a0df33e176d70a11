// Keeps the live figures of a page up to date: the server says them again whenever they change.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  if (!place || !window.EventSource) return;
  const number = new Intl.NumberFormat("vi-VN");
  const rate = new Intl.NumberFormat("vi-VN", { maximumFractionDigits: 2, useGrouping: false });
  const percent = new Intl.NumberFormat("vi-VN", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const clock = { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const day = { timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", year: "numeric" };
  const time = new Intl.DateTimeFormat("vi-VN", clock);
  const date = new Intl.DateTimeFormat("en-GB", day);

  const write = (node, text) => {
    if (node.textContent === text) return;
    node.textContent = text;
    node.classList.remove("live-changed");
    void node.offsetWidth; // lets the same animation begin again
    node.classList.add("live-changed");
  };
  const each = (name, said) =>
    place.querySelectorAll(`[data-live-${name}]`).forEach((node) => {
      const [window_, status] = node.getAttribute(`data-live-${name}`).split(".");
      write(node, said(window_, status));
    });

  const show = ({ windows }) => {
    each("figure", (window_, status) => number.format(windows[window_][status]));
    each("rate", (window_, status) => rate.format(windows[window_].per_hour[status]));
    each("share", (window_) => {
      const share = windows[window_].late_percent;
      return share === null ? "" : `${percent.format(share)}%`;
    });
    each("since", (window_) => {
      const since = new Date(windows[window_].since);
      return window_ === "hour" ? time.format(since) : `${date.format(since)} ${time.format(since)}`;
    });
  };

  const heard = new EventSource(place.dataset.live);
  heard.onopen = () => place.classList.add("live-on");
  heard.onerror = () => place.classList.remove("live-on");
  heard.onmessage = (message) => show(JSON.parse(message.data));
  window.addEventListener("pagehide", () => heard.close());
})();
