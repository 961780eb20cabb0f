import type { HeartbeatLists, ListedHeartbeat } from '../api/heartbeats.js';
import type { Translations } from '../translations/translations.js';
import { durationText } from './duration-text.js';

/** What jobs have not reported or have failed, and when the others are expected. */
export function heartbeatsText(
  { problems, others }: HeartbeatLists,
  now: Date,
  translations: Translations,
): string {
  const { heartbeats } = translations;
  if (problems.length + others.length === 0) return heartbeats.none;
  const parts = problems.length === 0 ? [heartbeats.allWell] : [];
  const group = (title: string, lines: readonly string[]) =>
    lines.length > 0 && parts.push([title, ...lines].join('\n'));
  group(
    heartbeats.problems,
    problems.map((each) => problemLine(each, now, translations)),
  );
  group(
    heartbeats.expected,
    others.map(({ name, expected, time_zone: timeZone }) => {
      const [next] = expected;
      return next ? `${name} · ${next.local.slice(0, 16).replace('T', ' ')} ${timeZone}` : name;
    }),
  );
  return parts.join('\n\n');
}

function problemLine(
  { name, state, problem_since: since, incident_id: incident }: ListedHeartbeat,
  now: Date,
  translations: Translations,
): string {
  const duration = durationText(Math.max(now.getTime() - Date.parse(since!), 0), translations);
  const problem = state === 'failed' ? translations.heartbeats.failed : translations.heartbeats.missing;
  return [name, `${problem} ${duration}`, ...(incident === null ? [] : [`#${incident}`])].join(' · ');
}
