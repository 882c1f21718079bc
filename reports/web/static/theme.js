// Runs before the first paint: a dark page must not flash white, and tables behind charts must not jump away.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var t = localStorage.getItem("theme");
    if (t === "dark" || t === "light") root.dataset.theme = t;
  } catch (e) { /* storage may be switched off */ }
})();
