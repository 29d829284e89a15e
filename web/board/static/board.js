// Keeps a page up to date while it can be seen. Without this script all works, and a reload shows what is new.
(function () {
  "use strict";

  var main = document.getElementById("main");
  var state = document.getElementById("live");
  var source = null;

  // Open while the tab can be seen; a hidden one costs the server nothing.
  function watch() {
    if (document.hidden) {
      if (source) source.close();
      source = null;
      say("paused");
      return;
    }
    if (source) return;
    source = new EventSource(address());
    source.addEventListener("open", function () { say("live"); });
    source.addEventListener("error", function () { say("connecting"); });
    source.addEventListener("counts", function (event) { showCounts(JSON.parse(event.data)); });
    source.addEventListener("rows", function (event) { showRows(JSON.parse(event.data)); });
  }

  function address() {
    var follows = main.dataset.follows;
    return "/board/live?show=" + encodeURIComponent(main.dataset.live) +
      (follows ? "&rows=" + encodeURIComponent(follows) : "");
  }

  function say(word) {
    if (state.dataset.liveState === word) return;
    state.dataset.liveState = word;
    state.textContent = { live: "Live", paused: "Paused", connecting: "Connecting…" }[word];
  }

  function showCounts(counts) {
    document.querySelectorAll("[data-count]").forEach(function (element) {
      var text = counts[element.dataset.count];
      if (text !== undefined && element.textContent !== text) element.textContent = text;
    });
  }

  // `order` has the keys of all rows, or null if no row comes or goes; `rows` has those that are new or differ.
  function showRows(said) {
    if (main.querySelector("template[data-row]")) return showJob(said);
    var body = main.querySelector("tbody[data-rows]");
    if (!body) return;
    var known = rowsOf(body);
    Object.keys(said.rows).forEach(function (key) {
      var row = parsed(said.rows[key]);
      if (known[key]) replace(known[key], row);
      known[key] = row.isConnected || !known[key] ? row : known[key];
    });
    if (said.order === null) return;
    said.order.forEach(function (key, place) {
      if (known[key] && body.children[place] !== known[key]) {
        body.insertBefore(known[key], body.children[place] || null);
      }
    });
    while (body.children.length > said.order.length) body.lastElementChild.remove();
  }

  function rowsOf(body) {
    var known = {};
    Array.prototype.forEach.call(body.children, function (row) { known[row.dataset.key] = row; });
    return known;
  }

  // What the server escaped; the page's policy lets no script in it run.
  function parsed(html) {
    var template = document.createElement("template");
    template.innerHTML = "<table><tbody>" + html + "</tbody></table>";
    return template.content.querySelector("tr");
  }

  // Keep the keyboard where it is.
  function replace(old, row) {
    if (old.outerHTML === row.outerHTML) return;
    var focused = old.contains(document.activeElement);
    old.replaceWith(row);
    if (focused) {
      var link = row.querySelector("a");
      if (link) link.focus();
    }
  }

  // The page of one job is asked for again when its row differs.
  function showJob(said) {
    var template = main.querySelector("template[data-row]");
    var row = Object.values(said.rows)[0];
    if (row === undefined || template.innerHTML.trim() === normal(row)) return;
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : null;
    }).then(function (text) {
      if (text === null || main.contains(document.activeElement)) return;
      var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
      if (fresh) main.replaceChildren.apply(main, Array.prototype.slice.call(fresh.childNodes));
    });
  }

  function normal(html) {
    var template = document.createElement("template");
    template.innerHTML = html;
    return template.innerHTML.trim();
  }

  document.addEventListener("visibilitychange", watch);
  watch();
})();
