// What a page does without this: everything but keys, jumps and copying.
"use strict";

const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const player = one("#player");

/// Whether what is typed belongs to a field.
const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

/// Plays from a time; with an end, that part over and over while `loop` is set.
let part = null, loop = false;
function jump(link) {
  if (!player) return;
  part = { start: Number(link.dataset.start), end: Number(link.dataset.end) };
  player.currentTime = part.start;
  all(".jump[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
}
if (player) {
  player.addEventListener("timeupdate", () => {
    if (loop && part && part.end && player.currentTime > part.end) player.currentTime = part.start;
  });
}
/// The boxes of the windows that are playing, over the player; they were found in the middle of each.
let boxed = true;
function drawBoxes() {
  all(".face-box").forEach((box) => box.remove());
  if (!boxed) return;
  const now = player.currentTime;
  for (const link of all(".lanes a.jump")) {
    if (now < Number(link.dataset.start) || now > Number(link.dataset.end)) continue;
    const box = document.createElement("div");
    box.className = `face-box ${link.dataset.class}`;
    const [x, y, width, height] = link.dataset.box.split(" ").map((share) => `${100 * share}%`);
    Object.assign(box.style, { left: x, top: y, width, height });
    player.parentElement.append(box);
  }
}
if (player) ["timeupdate", "seeked"].forEach((event) => player.addEventListener(event, drawBoxes));
all("a.jump").forEach((link) => link.addEventListener("click", (event) => {
  event.preventDefault();
  jump(link);
}));

/// The window before or after the one that was chosen last.
function step(by) {
  const links = all(".lanes a.jump");
  if (!links.length) return;
  const now = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[Math.min(Math.max(now + by, 0), links.length - 1)];
  jump(next);
  next.focus({ preventScroll: true });
}

function press(button) {
  const note = one("#note");
  if (button.dataset.focus || (button.dataset.asks && note && !note.value.trim())) {
    note.focus();
    note.placeholder = button.dataset.asks ? "Why is the model wrong? Then press the button again, or Ctrl+Enter." : "";
    note.dataset.then = button.dataset.asks ? button.value : "";
    return;
  }
  button.click();
}
all("button[data-asks]").forEach((button) => button.addEventListener("click", (event) => {
  const note = one("#note");
  if (note.value.trim()) return;
  event.preventDefault();
  press(button);
}));
const note = one("#note");
if (note) note.addEventListener("keydown", (event) => {
  if (event.key === "Escape") note.blur();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const then = one(`.decide button[value="${note.dataset.then || "none"}"]`);
  if (then) then.click();
});

/// What cannot be shown leaves no broken picture.
all("img.poster").forEach((image) => {
  const drop = () => image.removeAttribute("src");
  image.addEventListener("error", drop);
  if (image.src && image.complete && !image.naturalWidth && image.loading !== "lazy") drop();
});

/// On a narrow screen the queue comes before its filters.
if (one(".filters details") && matchMedia("(max-width: 52rem)").matches) one(".filters details").open = false;

/// The queue's chosen assets; shift chooses all from the last one on.
const boxes = all(".card input[type=checkbox]");
let last = null;
function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  if (one("#chosen")) one("#chosen").textContent = chosen ? `${chosen} chosen` : "";
}
boxes.forEach((box, nth) => box.addEventListener("click", (event) => {
  if (event.shiftKey && last !== null) {
    const [from, to] = [Math.min(last, nth), Math.max(last, nth)];
    boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  last = nth;
  count();
}));
if (one("#all")) one("#all").addEventListener("change", (event) => {
  boxes.forEach((box) => { box.checked = event.target.checked; });
  count();
});
function chooseFocused() {
  const card = document.activeElement && document.activeElement.closest(".card");
  const box = card && card.querySelector("input[type=checkbox]");
  if (box) box.click();
}
function walk(by) {
  const links = all(".card > a");
  const now = links.indexOf(document.activeElement && document.activeElement.closest(".card") ? document.activeElement.closest(".card").querySelector("a") : null);
  const next = links[Math.min(Math.max(now + by, 0), links.length - 1)];
  if (next) next.focus();
}

all("button[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(one(`#${button.dataset.copy}`).textContent);
    button.textContent = "Copied";
  });
});

/// The keys, as `?` lists them.
const KEYS = [
  ["f", "fake, and on"], ["r", "real, and on"], ["u", "cannot tell, and on"], ["w", "the model is wrong"],
  ["n", "note"], ["z", "undo"], ["j", "next"], ["k", "previous"], ["← →", "window before, after"],
  ["space", "play"], ["l", "loop the window"], ["b", "boxes on, off"], ["x", "choose"], ["q", "queue"], ["?", "these keys"],
];
function help() {
  let dialog = one("#keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys";
    const list = document.createElement("dl");
    for (const [key, words] of KEYS) {
      const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = key;
      meaning.textContent = words;
      list.append(term, meaning);
    }
    const [close, only] = [document.createElement("button"), document.createElement("button")];
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    const say = () => { only.textContent = keysAreOn() ? "Turn single keys off" : "Turn single keys on"; };
    only.addEventListener("click", () => {
      localStorage.setItem("veritag-keys", keysAreOn() ? "off" : "on");
      say();
    });
    say();
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    buttons.append(close, only);
    dialog.append(list, buttons);
    document.body.append(dialog);
  }
  if (dialog.open) dialog.close(); else dialog.showModal();
}

/// Who speaks to the computer, or hits keys by accident, can turn them off; `?` stays.
const keysAreOn = () => localStorage.getItem("veritag-keys") !== "off";

const follow = (id) => { const link = one(id); if (link) link.click(); };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key !== "?" && !keysAreOn()) return;
  const button = one(`button[data-key="${CSS.escape(event.key)}"]`);
  const acts = {
    j: () => (one("#next") || !boxes.length ? follow("#next") : walk(1)),
    k: () => (one("#previous") || !boxes.length ? follow("#previous") : walk(-1)),
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    " ": () => player && (player.paused ? player.play() : player.pause()),
    l: () => { loop = !loop; },
    b: () => { boxed = !boxed; if (player) drawBoxes(); },
    x: chooseFocused,
    q: () => follow("#queue"),
    "?": help,
  };
  const own = event.target.closest("button, summary, video, a") && event.key === " ";
  if (own || (event.target === player && event.key.startsWith("Arrow"))) return;
  if (button) press(button); else if (acts[event.key]) acts[event.key](); else return;
  event.preventDefault();
});
