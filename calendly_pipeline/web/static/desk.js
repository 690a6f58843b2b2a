// Keys and search as you type. The desk works without this file.
"use strict";

const KEYS_OFF = "desk-keys-off";
const keysBox = document.getElementById("keys-on");
const search = document.getElementById("search");

function keysAreOn() {
  return localStorage.getItem(KEYS_OFF) === null;
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

function press(key) {
  if (key === "o") {
    const box = document.getElementById("q");
    if (box) box.focus();
    return Boolean(box);
  }
  if (key === "?") {
    const help = document.getElementById("help");
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
    return true;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`) ||
    (key === "j" ? document.querySelector("[data-next]") : null);
  if (target) target.click();
  return Boolean(target);
}

let isSent = false;
document.addEventListener("submit", (event) => {
  if (event.target === search) return;
  if (isSent) event.preventDefault(); // a key held down answers once
  isSent = true;
});
window.addEventListener("pageshow", () => { isSent = false; });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
    return;
  }
  if (!keysAreOn() || isTyping(event.target)) return;
  if (press(event.key)) event.preventDefault();
});

if (keysBox) {
  keysBox.checked = keysAreOn();
  keysBox.addEventListener("change", () => {
    if (keysBox.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "yes");
  });
}

if (search) {
  const box = document.getElementById("q");
  const found = document.getElementById("found");
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const number = ++asked;
    const answer = await fetch(search.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(search)),
      headers: { "x-part": "1" },
    });
    if (number === asked) found.innerHTML = answer.ok ? await answer.text() : "<p>The search failed.</p>";
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
}
