"""The page for singers: a small server, its JSON, and the page itself in `static`.

`samuel-web` serves it; nothing imports this package. Times are seconds of the recording, numbers of
bars count from 1 (a pickup is bar 0), and every error is `{"error": LINE}` with its status.

GET  /api/status
    {version, folder, model: {state: "loading" | "ready" | "failed", progress, message},
    limits: {megabytes, minutes, results, candidates}, suffixes, styles, keys, meters, samplers}
GET  /api/sessions
    [{id, name, created, seconds, results (their number)}], the newest first
POST /api/sessions?name=take.webm
    the bytes of a recording; 201 and the session, once its lead sheet is found
GET  /api/sessions/ID
    the session (below); DELETE deletes it
GET  /api/sessions/ID/vocal
    the vocal as FLAC, with ranges
PUT  /api/sessions/ID/given
    {tempo, bar_1_at, meter, key, style, chords, beats}, as the options of samuel-generate; what is
    null or absent is estimated. `chords` is the chart from bar 1 on, such as "? | ? | Am | ?",
    where `?` leaves a chord to be found; a shorter chart is repeated. Returns the session.
POST /api/sessions/ID/generate
    {results: 1, seed: null, candidates: 1, sampler: "default", range: null, of: null}; 202 and the
    job. `range: [start, stop]` and `of: NUMBER` regenerate a range of a result as a new one.
POST /api/sessions/ID/undo
    undoes the last change: what was given, or the results of the last job; returns the session
GET  /api/jobs/ID
    {id, session, state: "waiting" | "running" | "done" | "failed" | "cancelled", ahead, progress,
    seconds_left, message, error, results: [NUMBER]}; DELETE cancels it
GET  /api/sessions/ID/results/N/FILE
    FILE is accompaniment.wav, accompaniment.flac, mix.wav, mix.flac, click.wav, arrangement.mid,
    lead_sheet.txt or generation.json; DELETE /api/sessions/ID/results/N deletes the result
GET  /api/sessions/ID/archive.zip, /api/sessions/ID/results/N/archive.zip
    everything; `samuel-generate --from generation.json` makes the same bytes, wherever it lies

A session: {id, name, created, seconds, sample_rate, hints, report (lines), given, can_undo,
sheet: {text, chart, tempo, steady, meter, key, style, bar_1_at, notes,
    beats: [{time, position}], bars: [{number, start, end, text, chords: [{time, name}]}]},
confidence: {tempo, key, meter, bar_1: {value, share (null: given), alternatives},
    chords: {share, doubts, bars: [{number, share, alternatives: [{chord, share}]}]}},
job (the one that waits or runs) or null,
results: [{number, seed, range, of, created, seconds, loudness, fit, style}]}.
"""
