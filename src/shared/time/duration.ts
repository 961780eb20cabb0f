const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Unit = keyof typeof UNITS_MS;

/** The form of a duration: 1 to 9999 seconds, minutes, hours or days, such as `15m`. */
export const DURATION = /^[1-9]\d{0,3}[smhd]$/;

/** The milliseconds of a duration; undefined if the text does not have its form. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  return Number(text.slice(0, -1)) * UNITS_MS[text.slice(-1) as Unit];
}

/** The shortest form of a duration of whole seconds: `15m` for 900,000 ms. */
export function formatDuration(milliseconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((each) => milliseconds % UNITS_MS[each] === 0) ?? 's';
  return `${milliseconds / UNITS_MS[unit]}${unit}`;
}

const NAMED_UNITS = [
  { unit: 'day', unitMs: UNITS_MS.d },
  { unit: 'hour', unitMs: UNITS_MS.h },
  { unit: 'minute', unitMs: UNITS_MS.m },
  { unit: 'second', unitMs: UNITS_MS.s },
] as const;

/** A part of a duration. */
export interface DurationPart {
  readonly count: number;
  readonly unit: (typeof NAMED_UNITS)[number]['unit'];
}

/** Up to two of the largest units of a duration, rounded down: 3 days and 4 hours, 2 hours and 5 minutes, 15 minutes, 40 seconds. */
export function largestUnits(milliseconds: number): readonly DurationPart[] {
  const first = NAMED_UNITS.findIndex(({ unitMs }) => milliseconds >= unitMs);
  if (first === -1) return [{ count: 0, unit: 'second' }];
  // Nobody needs the seconds of minutes.
  const shown = NAMED_UNITS.slice(first, NAMED_UNITS[first]!.unit === 'minute' ? first + 1 : first + 2);
  let left = milliseconds;
  return shown
    .map(({ unit, unitMs }) => {
      const count = Math.floor(left / unitMs);
      left -= count * unitMs;
      return { count, unit };
    })
    .filter(({ count }) => count > 0);
}
