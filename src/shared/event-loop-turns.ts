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

/** Who waits for an own turn, by principal: those whose turn it is first come first. */
const waiting = new Map<string, (() => void)[]>();
let isScheduled = false;
let restsUntil = 0;

/**
 * For work that cannot pause and takes long by itself, such as parsing a large body: resolves in a turn in which no other such work
 * is done. Principals take turns, and after each piece of work the event loop is left to others for as long as that took.
 */
export function ownTurn(principal: string): Promise<void> {
  return new Promise((resolve) => {
    const own = waiting.get(principal);
    if (own) own.push(resolve);
    else waiting.set(principal, [resolve]);
    scheduleOwnTurn();
  });
}

function scheduleOwnTurn(): void {
  if (isScheduled || waiting.size === 0) return;
  isScheduled = true;
  const rest = restsUntil - performance.now();
  if (rest > 0) setTimeout(beginOwnTurn, rest);
  else setImmediate(beginOwnTurn);
}

function beginOwnTurn(): void {
  const beganAt = performance.now();
  const [principal, own] = waiting.entries().next().value!;
  waiting.delete(principal);
  own.shift()!();
  if (own.length > 0) waiting.set(principal, own);
  // What waited goes on as soon as this function ends, and has ended by the next turn.
  setImmediate(() => {
    const now = performance.now();
    restsUntil = now + (now - beganAt);
    isScheduled = false;
    scheduleOwnTurn();
  });
}
