// The chords, bar by bar over the waveform, and the editor of one bar.

import { GUESS, byId, clock, make, percent, rebuild, sureness } from "./dom.js";

const NARROWEST = 64; // pixels of a bar, so that a finger finds it

let session = null;
let onChords;
let editing = null; // the number of the bar in the editor
let reached = 1; // the number of the bar that Tab reaches; arrow keys go on from there

/** @param change gets the whole chart as given, or null if nothing of it is given any more. */
export function initBars(change) {
  onChords = change;
  byId("chord-editor").addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeEditor();
  });
  byId("bars").addEventListener("keydown", walk);
  byId("bars").addEventListener("focusin", (event) => reach(Number(event.target.dataset.number)));
  new ResizeObserver(() => session && layOut()).observe(byId("scroller"));
}

export function showBars(next) {
  if (session?.id !== next.id) {
    closeEditor(false);
    reached = 1;
  }
  session = next;
  rebuild(byId("bars"), session.bars.map(makeBar));
  reach(session.bars.some((bar) => bar.number === reached) ? reached : session.bars.at(-1)?.number);
  const share = session.confidence.chords?.share;
  const sure = share == null ? "" : `Chords: ${sureness(share)}. `;
  byId("chords-words").textContent = `${sure}Choose a bar to change its chord.`;
  layOut();
  if (editing !== null && !session.bars.some((bar) => bar.number === editing)) closeEditor(false);
}

/** Scroll so that a time is in view. */
export function follow(seconds) {
  const scroller = byId("scroller");
  const x = (seconds / session.seconds) * byId("strip").clientWidth;
  if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth - 8) {
    scroller.scrollLeft = x - 0.1 * scroller.clientWidth;
  }
}

function makeBar(bar) {
  if (bar.number === 0) return makePickup(bar); // its chord follows from bar 1 and the rest
  const sure = bar.isGiven ? "given by you" : sureness(bar.share);
  const short = bar.isGiven ? "given" : bar.share === null ? "" : `${percent(bar.share)}${bar.share < GUESS ? " ?" : ""}`;
  const button = make(
    "button",
    {
      type: "button",
      id: `bar-${bar.number}`,
      "data-number": bar.number,
      tabindex: "-1",
      class: bar.isGiven ? "bar given" : "bar",
      "aria-label": `${bar.label}, at ${clock(bar.start)}: ${bar.text || "no chord"}${sure && `, ${sure}`}`,
      onclick: () => openEditor(bar.number),
    },
    make("span", { class: "bar-number" }, String(bar.number)),
    make("span", { class: "chord" }, bar.text || "–"),
    make("span", { class: "share" }, short),
  );
  return make("li", {}, button);
}

/** Make a bar the one that Tab reaches: a song has too many bars for one stop each. */
function reach(number) {
  byId(`bar-${reached}`)?.setAttribute("tabindex", "-1");
  reached = number;
  byId(`bar-${reached}`)?.setAttribute("tabindex", "0");
}

function walk(event) {
  const last = session.bars.at(-1).number;
  const aims = { ArrowRight: reached + 1, ArrowLeft: reached - 1, Home: 1, End: last };
  if (!(event.key in aims)) return;
  event.preventDefault();
  byId(`bar-${Math.min(last, Math.max(1, aims[event.key]))}`)?.focus();
}

function makePickup(bar) {
  const name = make("span", { class: "sr-only" }, `Pickup, at ${clock(bar.start)}: `);
  const chord = make("span", { class: "chord" }, bar.text || "–");
  return make("li", {}, make("div", { class: "bar" }, make("span", { class: "bar-number" }), make("span", {}, name, chord)));
}

/** Make the strip wide enough for its narrowest bar, and put the bars at their times. */
function layOut() {
  const strip = byId("strip");
  const view = byId("scroller").clientWidth;
  const longest = Math.max(3, ...session.bars.map((bar) => bar.text.length));
  const needed = Math.max(NARROWEST, 9 * longest + 16);
  const lengths = session.bars.filter((bar) => bar.number > 0).map((bar) => bar.end - bar.start);
  const usual = lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 4)] ?? session.seconds;
  const width = Math.max(view, Math.min(30000, (session.seconds * needed) / usual));
  strip.style.width = `${Math.floor(width)}px`;
  const scale = 100 / session.seconds;
  byId("bars").childNodes.forEach((item, index) => {
    const { start, end } = session.bars[index];
    item.style.left = `${scale * start}%`;
    item.style.width = `${scale * (Math.min(end, session.seconds) - start)}%`;
  });
}

function openEditor(number) {
  const bar = session.bars.find((each) => each.number === number);
  editing = number;
  const editor = byId("chord-editor");
  const state = bar.isGiven ? "given by you" : sureness(bar.share);
  const field = make("input", { id: "chord-text", value: bar.text, autocomplete: "off", spellcheck: "false" });
  const form = make(
    "form",
    { class: "row" },
    make("span", { class: "pair" }, make("label", { for: "chord-text" }, "Chords of this bar"), " ", field),
    make("button", { type: "submit" }, "Set"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setBar(number, field.value);
  });
  const offers = bar.alternatives.map((text) =>
    make("button", { type: "button", class: "offer", onclick: () => setBar(number, text) }, text),
  );
  editor.replaceChildren(
    make("h3", { id: "chord-title", tabindex: "-1" }, `${bar.label}: ${bar.text || "no chord"}`, make("small", {}, ` ${state}`)),
    ...(offers.length ? [make("p", { class: "row", role: "group", "aria-label": "Next best chords" }, "Instead: ", ...offers)] : []),
    form,
    make("p", { class: "hint" }, "Such as Dm, F#m7, C/E; two chords as Gm C; N.C. for none."),
    make("p", { class: "error", id: "chord-error", role: "alert", hidden: true }),
    make(
      "p",
      { class: "row" },
      bar.isGiven ? make("button", { type: "button", onclick: () => setBar(number, "?") }, "Estimate again") : null,
      session.bars.some((each) => each.isGiven)
        ? make("button", { type: "button", class: "quiet", onclick: () => finish(null) }, "Estimate all chords again")
        : null,
      make("button", { type: "button", class: "quiet", onclick: () => closeEditor() }, "Close"),
    ),
  );
  editor.hidden = false;
  byId("chord-title").focus();
}

function setBar(number, text) {
  const chord = text.trim() || "?";
  if (/[|\n%]/.test(chord)) {
    const place = byId("chord-error");
    place.hidden = false;
    place.textContent = "This is one bar. Write its chords with spaces between, such as Gm C.";
    return;
  }
  const known = new Map(session.bars.filter((bar) => bar.isGiven).map((bar) => [bar.number, bar.text]));
  known.set(number, chord);
  finish(writeChart(known));
}

/** Write the given bars as a chart; the rest is to be found. */
function writeChart(known) {
  if ([...known.values()].every((chord) => chord === "?")) return null;
  // Charts are repeated to the end, also when a new tempo makes more bars: so this one is long.
  const count = Math.max(...session.bars.map((bar) => bar.number), ...known.keys());
  return Array.from({ length: 4 * count }, (_, i) => known.get(i + 1) ?? "?").join(" | ");
}

async function finish(chart) {
  const error = await onChords(chart);
  if (error) {
    const place = byId("chord-error");
    place.hidden = false;
    place.textContent = error.message;
  } else closeEditor();
}

function closeEditor(focusBar = true) {
  byId("chord-editor").hidden = true;
  if (focusBar && editing !== null) byId(`bar-${editing}`)?.focus();
  editing = null;
}
