// The rules for strings as patterns of the contract, which JavaScript (with `u`), Java and Python read alike. Where they cannot
// express a rule, the pattern is stricter: the service never rejects a string that matches it.

/** The value of a header. */
export const HEADER_PATTERN = '^[ -~]*$';

/**
 * White space, control and format characters: a text of these alone is blank. Some format characters above U+FFFF, such as tags,
 * are missing: the languages have no common notation for them.
 */
const BLANK = [
  '\\u0000-\\u0020\\u007F-\\u00A0\\u00AD\\u0600-\\u0605\\u061C\\u06DD\\u070F\\u0890-\\u0891\\u08E2\\u1680\\u180E',
  '\\u2000-\\u200F\\u2028-\\u202F\\u205F-\\u2064\\u2066-\\u206F\\u3000\\uFEFF\\uFFF9-\\uFFFB',
].join('');

/** A valid text: see `textValidationError` in the domain. */
export const TEXT_PATTERN = `^[^\\u0000]*[^${BLANK}][^\\u0000]*$`;

/** An idempotency key: visible ASCII characters. */
export const KEY_PATTERN = '^[!-~]{1,255}$';

/** An Ed25519 public key in base64. The service accepts PEM as well. */
export const PUBLIC_KEY_PATTERN = '^[A-Za-z0-9+/]{43}=$';

const UNSEARCHABLE = '\\u0000-\\u001F\\u007F-\\u009F\\uFFFD';
const SPACE = '\\u0020\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF';
const VISIBLE_SEARCHABLE = `[^${SPACE}${UNSEARCHABLE}]`;

/** A text to search for, with two characters besides white space: see `text-fields.ts`. */
export const SEARCH_PATTERN = `^[^${UNSEARCHABLE}]*${VISIBLE_SEARCHABLE}[${SPACE}]*${VISIBLE_SEARCHABLE}[^${UNSEARCHABLE}]*$`;

const BY_4 = '(?:0[48]|[2468][048]|[13579][26])';
const DAY_OF_MONTH =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const dateIn = (century: string, leapCentury: string) =>
  `(?:${century}\\d{2}-${DAY_OF_MONTH}|(?:${century}${BY_4}|${leapCentury}00)-02-29)`;
const TIME = 'T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?';
const OFFSET = '[+-](?:[01]\\d|2[0-3]):[0-5]\\d';

/**
 * An existing date, or a date-time in UTC or with an offset: see `parseTimestamp`. Years that an offset could move out of those
 * with four digits are allowed in UTC only.
 */
export const TIMESTAMP_PATTERN = [
  `^${dateIn('(?:0[1-9]|[1-9]\\d)', BY_4)}(?:${TIME}Z)?$`,
  `^${dateIn('[1-8]\\d', '(?:[2468][048]|[1357][26])')}${TIME}${OFFSET}$`,
].join('|');

/** An existing date of the years 1900 to 2199. */
export const DAY_PATTERN = `^${dateIn('(?:19|2[01])', '20')}$`;

const HEX = '[0-9A-F]';
const NEXT = `%[89AB]${HEX}`;
const ASCII = `[!-$&-~]|%(?:2[1-9A-F]|[3-6]${HEX}|7[0-9A-E])`;
// U+034F and U+3164 are invisible: they are left out, and so are the blocks with invisible format characters.
const TWO_BYTES = `(?:%(?:C[3-9ABCEF]|D[0-7])${NEXT}|%CD%(?:8[0-9A-E]|[9AB]${HEX}))`;
const THREE_BYTES = `(?:%E[4-9A-C]${NEXT}|%E3%(?:8[1-46-9A-F]|[9AB]${HEX}))${NEXT}`;
const FOUR_BYTES = `%F0%(?:9F|A${HEX})${NEXT}${NEXT}`;
/** A visible character, as it is or percent-encoded. */
const VISIBLE = `(?:${ASCII}|${TWO_BYTES}|${THREE_BYTES}|${FOUR_BYTES})`;
const CHARACTER = `(?:${VISIBLE}|%20)`;

/** The name of an actor, percent-encoded as UTF-8; it begins with a character that is not white space. */
export const ACTOR_PATTERN = `^${VISIBLE}${CHARACTER}{0,254}$`;

// The same characters, not encoded.
const PERSON_CHARACTERS = '!-~\\u00C0-\\u034E\\u0350-\\u05FF\\u3041-\\u3096\\u4000-\\uCFFF';

/** The name of a person in a body or a query. */
export const PERSON_PATTERN = `^[${PERSON_CHARACTERS}][ ${PERSON_CHARACTERS}]{0,254}$`;

const TIME_OF_DAY = '(?:[01]\\d|2[0-3]):[0-5]\\d';

/** The service accepts further names of the time zone database, such as earlier ones. */
const TIME_ZONE = `(?:${['UTC', ...Intl.supportedValuesOf('timeZone')].map(escapeName).join('|')})`;

/** A time zone: see `isTimeZone`. */
export const TIME_ZONE_PATTERN = `^${TIME_ZONE}$`;

/** A time of each day: see `parseDailyTime`. */
export const DAILY_TIME_PATTERN = `^${TIME_OF_DAY} ${TIME_ZONE}$`;

/** A period of each day: see `parseDailyPeriod`. */
export const DAILY_PERIOD_PATTERN = `^${TIME_OF_DAY}-${TIME_OF_DAY} ${TIME_ZONE}$`;

/** A field of a cron expression: `*`, a step, or values and ranges. */
const cronField = (value: string, ...others: readonly string[]) =>
  `(?:${[String.raw`\*`, `${value}(?:,${value})*`, ...others].join('|')})`;

const EVERY_FEW = String.raw`\*/[1-9]`;
const WEEKDAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKDAY_RANGES = [
  '0-[1-6]',
  '1-[2-6]',
  '2-[3-6]',
  '3-[4-6]',
  '4-[56]',
  '5-6',
  'MON-(?:TUE|WED|THU|FRI|SAT)',
];
const HOUR = String.raw`(?:1?\d|2[0-3])`;

/**
 * A cron expression whose times exist: see `CronExpression`. The service accepts more: lists of ranges, ranges with steps, ranges in other
 * fields, names of months, and days after the 28th.
 */
export const CRON_PATTERN = `^${[
  cronField(String.raw`[1-5]?\d`, EVERY_FEW),
  cronField(HOUR, EVERY_FEW, String.raw`\d-1\d`, String.raw`1\d-2[0-3]`),
  cronField(String.raw`(?:[1-9]|1\d|2[0-8])`, EVERY_FEW),
  cronField('(?:[1-9]|1[0-2])', EVERY_FEW),
  cronField(`(?:[0-6]|${WEEKDAY_NAMES.join('|')})`, ...WEEKDAY_RANGES),
].join(' ')}$`;

function escapeName(name: string): string {
  return name.replaceAll('+', '\\+');
}
