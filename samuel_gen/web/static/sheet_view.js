// Key, tempo, meter, bar 1 and style: each with its sureness, and how to change it.

import { byId, make, rebuild, sureness } from "./dom.js";
import { Taps } from "./tap.js";

const NAMES = { tempo: "Tempo", key: "Key", meter: "Meter", bar_1_at: "Bar 1", style: "Style" };

let give;
let choices = { styles: [], keys: [], meters: [] };
let session = null;

/** @param change gets the fields that are given, null for those to be estimated. */
export function initSheet(change) {
  give = change;
}

/** @param next the names of {styles, keys, meters}. */
export function setChoices(next) {
  choices = next;
}

export function showSheet(next) {
  const open = new Set([...document.querySelectorAll("#sheet details[open]")].map((row) => row.id));
  session = next;
  const rows = [tempoRow(), keyRow(), meterRow(), bar1Row(), styleRow()];
  for (const row of rows) row.open = open.has(row.id) && next.id === byId("sheet").dataset.session;
  byId("sheet").dataset.session = next.id;
  rebuild(byId("sheet"), rows);
}

/** One line of the sheet, which opens to the controls that change it. */
function row(name, value, estimate, ...controls) {
  const isGiven = session.given[name] != null;
  const unit = name === "bar_1_at" ? " s" : "";
  const others = (estimate?.alternatives ?? []).map((value) => `${value}${unit}`);
  const sure = isGiven ? "given by you" : sureness(estimate?.share);
  const again = make(
    "button",
    { type: "button", class: "quiet", id: `again-${name}`, onclick: () => give({ [name]: null }) },
    name === "style" ? "Take it back" : "Estimate again",
  );
  return make(
    "details",
    { name: "sheet", id: `row-${name}` },
    make(
      "summary",
      { id: `summary-${name}` },
      make("span", { class: "name" }, NAMES[name]),
      " ",
      make("strong", {}, value),
      " ",
      make("small", {}, [sure, !isGiven && others.length ? `or ${others.slice(0, 3).join(", ")}` : ""].filter(Boolean).join("; ")),
    ),
    make("div", { class: "controls" }, ...controls, isGiven ? make("p", {}, again) : null),
  );
}

function form(label, field, submit) {
  const element = make("form", { class: "row" }, make("span", { class: "pair" }, make("label", { for: field.id }, label), " ", field), make("button", { type: "submit" }, "Set"));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(field.value.trim());
  });
  return element;
}

/** A button for each of the next best values. */
function offers(label, values, act) {
  if (!values?.length) return null;
  const buttons = values.map((value) =>
    make("button", { type: "button", class: "offer", onclick: () => act(String(value)) }, String(value)),
  );
  return make("p", { class: "row", role: "group", "aria-label": label }, "Instead: ", ...buttons);
}

function select(id, values, chosen) {
  const all = values.some(([value]) => value === chosen) ? values : [[chosen, chosen], ...values];
  return make(
    "select",
    { id },
    ...all.map(([value, text]) => make("option", { value, selected: value === chosen }, text)),
  );
}

function tempoRow() {
  const tempo = Math.round(100 * session.sheet.tempo) / 100;
  const field = make("input", { id: "tempo", inputmode: "decimal", size: "6", autocomplete: "off", value: String(tempo) });
  const set = (value) => give({ tempo: value.replace(",", ".") });
  const isDoubled = (value) => [0.5, 2].some((ratio) => Math.abs(Number(value) / tempo - ratio) < 0.02 * ratio);
  const others = (session.confidence.tempo?.alternatives ?? []).filter((value) => !isDoubled(value)).slice(0, 1);
  const taps = new Taps();
  const tap = () => {
    const found = taps.add(performance.now() / 1000);
    tapButton.textContent = found ? `Tap along (${found})` : `Tap along (${taps.times.length})`;
    if (found) field.value = String(found);
  };
  const tapButton = make("button", { type: "button", id: "tap" }, "Tap along");
  tapButton.addEventListener("pointerdown", tap);
  tapButton.addEventListener("click", (event) => event.detail === 0 && tap()); // from the keyboard
  return row(
    "tempo",
    `${tempo} beats per minute`,
    session.confidence.tempo,
    offers("Next best tempos", others, set),
    form("Beats per minute", field, set),
    make(
      "p",
      { class: "row" },
      make("button", { type: "button", id: "twice", onclick: () => give({ tempo: scaledTempo("x2", 2) }) }, "Twice as fast"),
      make("button", { type: "button", id: "half", onclick: () => give({ tempo: scaledTempo("/2", 0.5) }) }, "Half as fast"),
      tapButton,
    ),
    make("p", { class: "hint" }, "To tap along, press Play, then the button on each beat, and Set."),
  );
}

/** Twice or half: a factor on the estimate while nothing is given, which keeps its drift. */
function scaledTempo(factor, ratio) {
  const given = session.given.tempo;
  const opposite = factor === "x2" ? "/2" : "x2";
  if (given == null) return factor;
  if (given === opposite) return null;
  return String(Math.round(10000 * ratio * session.sheet.tempo) / 10000);
}

function keyRow() {
  const keys = choices.keys.map((key) => [key, key]);
  const set = (key) => give({ key });
  return row(
    "key",
    session.sheet.key ?? "not known",
    session.confidence.key,
    offers("Next best keys", session.confidence.key?.alternatives, set),
    form("Key", select("key", keys, session.sheet.key ?? ""), set),
  );
}

function meterRow() {
  const set = (meter) => give({ meter });
  return row(
    "meter",
    session.sheet.meter,
    session.confidence.meter,
    offers("Next best meters", session.confidence.meter?.alternatives, set),
    form("Meter", select("meter", choices.meters.map((meter) => [meter, meter]), session.sheet.meter), set),
  );
}

function bar1Row() {
  const at = Number(session.sheet.bar_1_at);
  const beat = 60 / session.sheet.tempo;
  const field = make("input", { id: "bar-1-at", inputmode: "decimal", size: "6", autocomplete: "off", value: at.toFixed(2) });
  const set = (value) => give({ bar_1_at: Number(value.replace(",", ".")) });
  const move = (beats) => {
    const bar = session.beatsInBar * beat;
    const time = at + beats * beat;
    give({ bar_1_at: Number((time < 0 ? time + bar : time).toFixed(4)) });
  };
  const nudge = (id, beats, text) => make("button", { type: "button", id, onclick: () => move(beats) }, text);
  return row(
    "bar_1_at",
    `at ${at.toFixed(2)} s`,
    session.confidence.bar_1,
    offers("Next best times", session.confidence.bar_1?.alternatives, (value) => set(value)),
    form("Bar 1 at, in seconds", field, set),
    make("p", { class: "row" }, nudge("earlier", -1, "A beat earlier"), nudge("later", 1, "A beat later")),
    make("p", { class: "hint" }, "You can also drag the line “bar 1” in the waveform."),
  );
}

function styleRow() {
  const words = (name) => name.replaceAll("_", " ");
  const chosen = session.sheet.style ?? "";
  const values = [["", "as the network likes"], ...choices.styles.map((name) => [name, words(name)])];
  return row(
    "style",
    chosen ? words(chosen) : "not chosen",
    null,
    form("Style", select("style", values, chosen), (value) => give({ style: value || null })),
  );
}
