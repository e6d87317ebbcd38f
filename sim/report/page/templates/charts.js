// Charts: one tooltip for pointer, finger and keyboard, and buttons that hide and show series.
// Without this script every chart is whole and every number stands in the table behind it.
(function () {
  "use strict";

  var root = document.documentElement;
  var current = null;
  root.classList.add("scripted");

  var bubble = document.createElement("div");
  bubble.className = "tooltip";
  bubble.setAttribute("role", "status");
  bubble.hidden = true;
  document.body.appendChild(bubble);

  function marks(plot) {
    return Array.prototype.filter.call(plot.querySelectorAll("[data-tip]"), function (mark) {
      return !mark.closest(".off");
    });
  }

  // With a script, a chart is a group of marks that can be walked: one tab stop, then the arrow keys.
  function prepare(plot) {
    plot.setAttribute("role", "group");
    // A <title> would show a second tooltip of the browser's own; as <desc> it names the chart all the same.
    var title = plot.querySelector("title");
    if (title) {
      var name = document.createElementNS("http://www.w3.org/2000/svg", "desc");
      name.id = title.id;
      name.textContent = title.textContent;
      plot.replaceChild(name, title);
    }
    marks(plot).forEach(function (mark) {
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", mark.getAttribute("data-tip").replace(/\n/g, "; "));
    });
    rove(plot, marks(plot)[0]);
  }

  function rove(plot, chosen) {
    plot.querySelectorAll("[data-tip]").forEach(function (mark) {
      mark.setAttribute("tabindex", mark === chosen ? "0" : "-1");
    });
  }

  function place(x, y) {
    var box = bubble.getBoundingClientRect();
    var left = Math.min(x + 14, root.clientWidth - box.width - 8);
    var top = y - box.height - 14;
    bubble.style.left = Math.max(left, 8) + "px";
    bubble.style.top = (top < 8 ? y + 20 : top) + "px";
  }

  function show(mark, x, y) {
    current = mark;
    bubble.textContent = mark.getAttribute("data-tip");
    bubble.hidden = false;
    place(x, y);
  }

  function beside(mark) {
    var box = mark.getBoundingClientRect();
    show(mark, box.left + box.width / 2, box.top);
  }

  function hide() {
    current = null;
    bubble.hidden = true;
  }

  function marked(event) {
    return event.target instanceof Element ? event.target.closest(".plot [data-tip]") : null;
  }

  function toggle(button) {
    var shown = button.getAttribute("aria-pressed") !== "true";
    var drawing = button.closest(".drawing");
    button.setAttribute("aria-pressed", String(shown));
    drawing.querySelectorAll("[data-series]").forEach(function (part) {
      if (part.getAttribute("data-series") === button.getAttribute("data-toggle")) {
        part.classList.toggle("off", !shown);
      }
    });
    drawing.querySelectorAll(".plot").forEach(function (plot) {
      rove(plot, marks(plot)[0]);
    });
  }

  function walk(event) {
    var mark = marked(event);
    var steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    if (!mark || !(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    var plot = mark.closest(".plot");
    var all = marks(plot);
    var next = all[Math.min(Math.max(all.indexOf(mark) + steps[event.key], 0), all.length - 1)];
    event.preventDefault();
    rove(plot, next);
    next.focus();
  }

  document.querySelectorAll(".drawing .plot").forEach(prepare);

  document.addEventListener("pointerover", function (event) {
    var mark = marked(event);
    if (mark) {
      show(mark, event.clientX, event.clientY);
    } else {
      hide();
    }
  });
  document.addEventListener("pointermove", function (event) {
    if (current && marked(event) === current) {
      place(event.clientX, event.clientY);
    }
  });
  document.addEventListener("focusin", function (event) {
    var mark = marked(event);
    if (mark) {
      beside(mark);
    }
  });
  document.addEventListener("focusout", hide);
  // Focusing a mark may scroll to it: its tooltip goes along, any other one goes away.
  document.addEventListener("scroll", function () {
    if (current && current === document.activeElement) {
      beside(current);
    } else {
      hide();
    }
  }, { passive: true, capture: true });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      hide();
    } else {
      walk(event);
    }
  });
  document.addEventListener("click", function (event) {
    var button = event.target instanceof Element ? event.target.closest(".drawing [data-toggle]") : null;
    if (button) {
      toggle(button);
    }
  });
})();
