// Small helpers for elements, messages and text.

export const byId = (id) => document.getElementById(id);

/** Make an element; keys with "on" are listeners, the others attributes. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Replace the children, and keep the focus: on the element of the same id, or else on its line. */
export function rebuild(container, children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const line = focused?.closest("details")?.querySelector("summary");
  container.replaceChildren(...children);
  const again = (focused?.id && byId(focused.id)) || (line?.id && byId(line.id));
  if (again) again.focus({ preventScroll: true });
}

/** Switch a button off or on. It keeps the focus, which `disabled` would lose. */
export function setOff(button, isOff) {
  if (isOff) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

export const isOff = (button) => button.getAttribute("aria-disabled") === "true";

/** Show a message where it belongs; an empty one clears it. */
export function showError(id, error) {
  const place = byId(id);
  const text = error ? String(error.message ?? error) : "";
  place.hidden = !text;
  place.textContent = text;
}

/** Tell a screen reader. */
export function announce(text) {
  if (byId("live").textContent !== text) byId("live").textContent = text;
}

/** Ask before something is deleted; resolves to true for yes. */
export function ask(text, yes = "Delete") {
  const dialog = byId("question");
  byId("question-text").textContent = text;
  dialog.querySelector("[value=yes]").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Format seconds as 1:05. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const percent = (share) => `${Math.round(100 * share)} %`;

export const GUESS = 0.45; // an estimate that is less sure is called a guess

/** Say how sure an estimate is, in words and figures. */
export function sureness(share) {
  if (share == null) return "";
  const word = share >= 0.75 ? "quite sure" : share >= GUESS ? "unsure" : "a guess";
  return `${word}, ${percent(share)}`;
}

/** Read a time as 83.5 or 1:23.5; NaN if it is none. */
export function readTime(text) {
  const match = /^(?:(\d+):)?(\d+(?:[.,]\d+)?)$/.exec(text.trim());
  return match ? 60 * Number(match[1] ?? 0) + Number(match[2].replace(",", ".")) : NaN;
}
