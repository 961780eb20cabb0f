import {
  formatDailyPeriod,
  formatDailyTime,
  parseDailyPeriod,
  parseDailyTime,
} from '../../../shared/time/daily-time.js';
import { parseDuration } from '../../../shared/time/duration.js';
import { invisibleCharacterIn } from '../../../shared/visible-name.js';
import type { IncidentsApi } from '../api/incidents-api.js';
import type { Policy, PolicyChanges } from '../api/policy.js';
import type { Translations } from '../translations/translations.js';

/** After how many reminders the person on duty is mentioned, unless the chat's policy says so already. */
const DEFAULT_ESCALATE_AFTER = 3;

/** In Unicode code points, as the API has it. */
const MAX_ON_DUTY_LENGTH = 255;

const OFF = /^(?:off|выкл|нет)$/iu;

/** A setting of a chat: a part of its policy, which a command shows and changes. */
interface ChatSetting {
  /** The value that a text stands for, as the API reads it; undefined if it stands for none. */
  parse(text: string): string | undefined;
  /** The change that sets it. */
  change(value: string | null): PolicyChanges;
  /** What else must change so that it has an effect, if anything. */
  consequence?(policy: Policy): PolicyChanges | undefined;
  /** What the chat has. */
  text(policy: Policy, translations: Translations): string;
}

export type ChatSettingName = 'remind' | 'quiet' | 'duty' | 'digest';

/** What a command asks for: to show a setting, or to change it. */
export interface SettingRequest {
  /** The new value; null switches it off. Absent to show the setting. */
  readonly value?: string | null;
}

const UNITS: readonly (readonly [unit: 's' | 'm' | 'h' | 'd', pattern: RegExp])[] = [
  ['s', /^(?:s|sec|seconds?|с|сек|секунд[аыу]?)$/iu],
  ['m', /^(?:m|min|minutes?|м|мин|минут[аыу]?)$/iu],
  ['h', /^(?:h|hours?|ч|час|часа|часов)$/iu],
  ['d', /^(?:d|days?|д|день|дня|дней)$/iu],
];

/** A duration as people write it, `15 minutes` for one, as the API reads it. */
function durationIn(text: string): string | undefined {
  const [, count, word] = /^(\d+)\s*(\p{L}+)\.?$/u.exec(text) ?? [];
  const unit = word && UNITS.find(([, pattern]) => pattern.test(word))?.[0];
  const duration = `${count}${unit}`;
  return parseDuration(duration) === undefined ? undefined : duration;
}

/** The text with times and a dash as the API reads them: people write `9:00` and `22:00 – 8:00`, too. */
const withPlainTimes = (text: string) =>
  text
    .replaceAll(/\s*[-‐‑–—]\s*(?=\d)/gu, '-')
    .replaceAll(/(?<!\d)\d:\d\d/gu, '0$&')
    .replaceAll(/\s+/gu, ' ');

function periodIn(text: string): string | undefined {
  const period = parseDailyPeriod(withPlainTimes(text));
  return period && formatDailyPeriod(period);
}

function timeIn(text: string): string | undefined {
  const time = parseDailyTime(withPlainTimes(text));
  return time && formatDailyTime(time);
}

function nameIn(text: string): string | undefined {
  const isName = Array.from(text).length <= MAX_ON_DUTY_LENGTH && invisibleCharacterIn(text) === undefined;
  return isName ? text : undefined;
}

const CHAT_SETTINGS: Readonly<Record<ChatSettingName, ChatSetting>> = {
  remind: {
    parse: durationIn,
    change: (value) => ({ take_within: value }),
    text: ({ take_within }, { settings }) => settings.remind(take_within),
  },
  quiet: {
    parse: periodIn,
    change: (value) => ({ quiet_hours: value }),
    text: ({ quiet_hours }, { settings }) => settings.quiet(quiet_hours),
  },
  duty: {
    parse: nameIn,
    change: (value) => ({ on_duty: value }),
    // Nobody is mentioned before reminders become escalations.
    consequence: ({ on_duty, escalate_after }) =>
      on_duty !== null && escalate_after === null ? { escalate_after: DEFAULT_ESCALATE_AFTER } : undefined,
    text: ({ on_duty, escalate_after, take_within }, { settings }) =>
      settings.duty(on_duty, escalate_after, take_within !== null),
  },
  digest: {
    parse: timeIn,
    change: (value) => ({ digest_at: value }),
    text: ({ digest_at }, { settings }) => settings.digest(digest_at),
  },
};

/** What the arguments of a setting's command ask for; undefined where they are wrong. */
export function parseSetting(name: ChatSettingName, text: string): SettingRequest | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return {};
  if (OFF.test(trimmed)) return { value: null };
  const value = CHAT_SETTINGS[name].parse(trimmed);
  return value === undefined ? undefined : { value };
}

/** Where settings are read and changed: see `ReplyContext`. */
interface SettingContext {
  readonly api: IncidentsApi;
  readonly chat: string;
  readonly translations: Translations;
}

/** Changes a setting of the chat, if that is asked for, and says how it is now. */
export async function settingText(
  name: ChatSettingName,
  { value }: SettingRequest,
  { api, chat, translations }: SettingContext,
): Promise<string> {
  const setting = CHAT_SETTINGS[name];
  if (value === undefined)
    return `${setting.text(await api.policy(chat), translations)}\n${translations.commands[name].help}`;
  let policy = await api.changePolicy(chat, setting.change(value));
  const further = setting.consequence?.(policy);
  if (further) policy = await api.changePolicy(chat, further);
  return setting.text(policy, translations);
}
