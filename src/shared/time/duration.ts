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
