/** How long loops over what clients send may keep the event loop in one turn, all of them together, in milliseconds. */
const MAX_TURN_MS = 8;

let began: number | undefined;
const paused: (() => void)[] = [];

/**
 * For loops whose length a client decides: `const pause = turnPause(); if (pause) await pause;` at each step. It is
 * undefined until the turn has lasted long enough; then the loop pauses, and goes on in a later turn. Paused loops go on
 * one in each turn, in the order in which they paused: however many streams there are, other requests are served between.
 */
export function turnPause(): Promise<void> | undefined {
  const now = performance.now();
  if (began === undefined) beginTurn(now);
  else if (now - began >= MAX_TURN_MS) return new Promise((resolve) => paused.push(resolve));
  return undefined;
}

function beginTurn(now: number): void {
  began = now;
  setImmediate(() => {
    began = undefined;
    const goOn = paused.shift();
    if (!goOn) return;
    beginTurn(performance.now());
    goOn();
  });
}

const waiting: (() => void)[] = [];
let restsUntil = 0;

/**
 * For work that cannot pause and takes long by itself, such as parsing a large body: resolves in a turn in which no other such work
 * is done. After each the event loop is left to others for as long as that took.
 */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) scheduleOwnTurn();
  });
}

function scheduleOwnTurn(): void {
  const rest = restsUntil - performance.now();
  if (rest > 0) setTimeout(beginOwnTurn, rest);
  else setImmediate(beginOwnTurn);
}

function beginOwnTurn(): void {
  const beganAt = performance.now();
  waiting[0]!();
  // What waited goes on as soon as this function ends, and has ended by the next turn.
  setImmediate(() => {
    const now = performance.now();
    restsUntil = now + (now - beganAt);
    waiting.shift();
    if (waiting.length > 0) scheduleOwnTurn();
  });
}
