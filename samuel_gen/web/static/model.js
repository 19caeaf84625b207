// The session as the views need it, from the server's answer.

/** @return the answer with bars, estimates and givens made complete. */
export function readSession(answer) {
  const sheet = answer.sheet ?? {};
  const confidence = answer.confidence ?? {};
  const given = answer.given ?? {};
  const chords = splitChart(given.chords);
  const doubts = new Map((confidence.chords?.bars ?? []).map((bar) => [bar.number, bar]));
  const bars = (sheet.bars ?? []).map((bar) => {
    const { number } = bar;
    const doubt = doubts.get(number) ?? {};
    const isGiven = number > 0 && (chords[number - 1] ?? "?") !== "?";
    return {
      number,
      label: number > 0 ? `Bar ${number}` : "Pickup",
      start: bar.start,
      end: bar.end,
      text: bar.text,
      isGiven,
      share: isGiven ? null : (doubt.share ?? null),
      alternatives: (doubt.alternatives ?? []).map((each) => each.chord),
    };
  });
  const beatsInBar = Math.max(1, ...(sheet.beats ?? []).map((beat) => beat.position));
  const title = answer.name.replace(/\.\w{2,4}$/, "");
  return { ...answer, title, sheet, confidence, given, bars, beatsInBar };
}

function splitChart(text) {
  return (text ?? "").split("|").map((bar) => bar.trim()).filter(Boolean);
}
