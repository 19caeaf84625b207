// One recording: waveform, chords, playback, lead sheet and results.

import * as api from "./api.js";
import { follow, initBars, showBars } from "./bars_view.js";
import { announce, ask, byId, clock, isOff, make, rebuild, setOff, showError } from "./dom.js";
import { readSession } from "./model.js";
import { Player } from "./player.js";
import { initResults, showRange, showResults, stopWatching } from "./results_view.js";
import { initSheet, showSheet } from "./sheet_view.js";
import { Waveform } from "./waveform.js";

let session = null;
let chosen = null; // the number of the result that is listened to
let loaded = null; // the accompaniment that the player has, or is getting
const player = new Player(() => showPlaying());
let waveform;

export function initSession() {
  waveform = new Waveform(byId("wave"), {
    seek: (seconds) => seek(seconds),
    range: (start, stop) => showRange([start, stop]),
    bar1: (seconds) => give({ bar_1_at: Number(seconds.toFixed(4)) }),
  });
  initBars((chords) => give({ chords }));
  initSheet(give);
  initResults({ choose, refresh, range: (range) => waveform.setRange(range) });
  byId("play").addEventListener("click", togglePlay);
  byId("position").addEventListener("input", (event) => seek(Number(event.target.value)));
  byId("listen").addEventListener("change", applyLevels);
  for (const part of ["vocal", "accompaniment"]) {
    byId(`${part}-level`).addEventListener("input", applyLevels);
  }
  byId("undo").addEventListener("click", undo);
  byId("delete-session").addEventListener("click", remove);
  document.addEventListener("visibilitychange", () => {
    if (session && !document.hidden) refresh(session.id, []); // another tab may have changed it
  });
}

/** Open a recording, without its vocal. */
export async function openSession(id) {
  closeSession();
  show(await api.getSession(id));
}

/** Fetch and draw the vocal; the view must be visible, so that it has a width. */
export async function loadVocal() {
  const { id } = session;
  try {
    const vocal = await api.fetchSound(api.vocalUrl(id));
    if (session?.id !== id) return;
    player.setBuffer("vocal", vocal);
    await waveform.show(vocal);
    waveform.setBar1(session.sheet.bar_1_at);
    byId("play").disabled = false;
  } catch (error) {
    showError("player-error", error);
  }
}

export function closeSession() {
  player.pause();
  player.offset = 0;
  player.setBuffer("vocal", null);
  player.setBuffer("accompaniment", null);
  waveform.clear();
  stopWatching();
  showRange(null);
  session = chosen = loaded = null;
  byId("play").disabled = true;
  byId("range-panel").open = byId("files-panel").open = false;
  for (const id of ["player-error", "generate-error", "range-error", "sheet-error", "session-error"]) showError(id, "");
}

function show(answer) {
  session = readSession(answer);
  byId("session-title").textContent = session.title;
  document.title = `${session.title} – samuel_gen`;
  byId("hints-block").hidden = session.hints.length === 0;
  rebuild(byId("hints"), session.hints.map((hint) => make("li", {}, hint)));
  setOff(byId("undo"), !session.can_undo);
  byId("position").max = session.seconds;
  byId("mixer").hidden = session.results.length === 0;
  if (!session.results.some((result) => result.number === chosen)) {
    chosen = session.results.at(-1)?.number ?? null;
  }
  showBars(session);
  showSheet(session);
  showResults(session, chosen);
  waveform.setBar1(session.sheet.bar_1_at);
  showTime();
  loadResult();
}

async function choose(number) {
  chosen = number;
  showResults(session, chosen);
  await loadResult();
}

/** Fetch the chosen result; the one before plays on until it is there. */
async function loadResult() {
  const wanted = chosen === null ? null : `${session.id}/${chosen}`;
  if (wanted === loaded) return;
  loaded = wanted;
  if (wanted === null) return player.setBuffer("accompaniment", null);
  try {
    const sound = await api.fetchSound(api.resultUrl(session.id, chosen, "accompaniment.flac"));
    if (loaded !== wanted) return;
    player.setBuffer("accompaniment", sound);
    byId("mixer").dataset.loaded = String(chosen);
    showError("player-error", "");
  } catch (error) {
    loaded = null;
    showError("player-error", error);
  }
}

async function refresh(id, fresh) {
  if (session?.id !== id) return;
  try {
    const answer = await api.getSession(id);
    if (session?.id !== id) return;
    if (fresh.length) chosen = fresh[0];
    show(answer);
  } catch (error) {
    showError("session-error", error);
  }
}

/** Say what is known of the sheet; the rest is estimated anew. @return the error, if any. */
async function give(fields) {
  showError("sheet-error", "");
  byId("sheet-busy").textContent = "Estimating the rest anew …";
  byId("sheet-block").setAttribute("aria-busy", "true");
  try {
    show(await api.give(session.id, { ...session.given, ...fields }));
    announce("The lead sheet is up to date");
    return null;
  } catch (error) {
    showError("sheet-error", error);
    waveform.setBar1(session.sheet.bar_1_at);
    return error;
  } finally {
    byId("sheet-busy").textContent = "";
    byId("sheet-block").removeAttribute("aria-busy");
  }
}

async function undo() {
  if (isOff(byId("undo"))) return;
  try {
    show(await api.undo(session.id));
    announce("Undone");
  } catch (error) {
    showError("session-error", error);
  }
}

async function remove() {
  const count = session.results.length;
  const what = count ? ` and ${count === 1 ? "its result" : `its ${count} results`}` : "";
  if (!(await ask(`Delete ${session.title}${what} from this computer?`))) return;
  try {
    await api.deleteSession(session.id);
    location.hash = "";
  } catch (error) {
    showError("session-error", error);
  }
}

async function togglePlay() {
  if (player.isPlaying) player.pause();
  else await player.play();
  showPlaying();
}

async function seek(seconds) {
  await player.seek(seconds);
  showTime();
}

function applyLevels() {
  const listen = document.querySelector("[name=listen]:checked").value;
  const levels = {};
  for (const part of ["vocal", "accompaniment"]) {
    const slider = byId(`${part}-level`);
    const value = Number(slider.value);
    const isOff = value <= Number(slider.min);
    const text = isOff ? "off" : `${value > 0 ? "+" : ""}${value} dB`;
    byId(`${part}-db`).textContent = text;
    slider.setAttribute("aria-valuetext", text);
    const isHeard = listen === "mix" || listen === part;
    levels[part] = isHeard && !isOff ? 10 ** (value / 20) : 0;
  }
  player.setLevels(levels);
}

function showPlaying() {
  byId("play").textContent = player.isPlaying ? "Pause" : "Play";
  showTime();
  if (player.isPlaying) requestAnimationFrame(tick);
}

function tick() {
  if (!player.isPlaying) return;
  showTime();
  if (session) follow(player.position);
  requestAnimationFrame(tick);
}

function showTime() {
  if (!session) return;
  const { position } = player;
  byId("clock").textContent = `${clock(position)} of ${clock(session.seconds)}`;
  byId("position").value = position;
  byId("position").setAttribute("aria-valuetext", clock(position));
  waveform.setPosition(position);
}

export const playerForTests = player;
