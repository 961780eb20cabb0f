import type { ApiClient } from '../../api/api-client.js';
import { useApp } from '../../app-context.js';
import { formats } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { LoadNotice } from '../parts/notice.js';
import { useLoaded } from '../parts/use-loaded.js';
import { countByHour, type HourCount, HOURS } from './hours.js';

const PAGE_SIZE = 200;

/** Pages of untaken incidents that are read. More than this are not waiting for people, but for another tool. */
const MAX_PAGES = 10;

/** Untaken incidents by the hour of their report: a night, or a shift change, shows as a hill. */
export function UntakenByHour() {
  const { api, now } = useApp();
  const { statistics: text } = pageTexts.value;
  const loaded = useLoaded((signal) => untaken(api, signal), { intervalMs: 60_000 });
  const { value: found } = loaded.value;
  if (!found) return <LoadNotice loaded={loaded} />;
  const { hours, earlier } = countByHour(found.reportedAt, now.peek());
  const more = found.hasMore ? '+' : '';
  return (
    <section>
      <h2>{text.untakenByHour}</h2>
      <p class="muted">{text.untakenByHourNote(`${formats.value.number(earlier)}${more}`)}</p>
      <Columns hours={hours} />
    </section>
  );
}

async function untaken(api: ApiClient, signal: AbortSignal) {
  const reportedAt: Date[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = {
      untaken: true,
      sort: '-created_at',
      excerpt: true,
      limit: PAGE_SIZE,
      offset: page * PAGE_SIZE,
    };
    const { body } = await api.get('/api/v1/incidents', { query, signal });
    reportedAt.push(...body.map(({ created_at: at }) => new Date(at)));
    if (body.length < PAGE_SIZE) return { reportedAt, hasMore: false };
  }
  return { reportedAt, hasMore: true };
}

const WIDTH = 24;
const HEIGHT = 120;
const BASE = 96;

/** A column for each hour. */
function Columns({ hours }: { readonly hours: readonly HourCount[] }) {
  const { statistics: text } = pageTexts.value;
  const { value: format } = formats;
  const largest = Math.max(1, ...hours.map(({ count }) => count));
  return (
    <figure class="page-chart wide">
      <svg viewBox={`0 0 ${HOURS * WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
        {hours.map(({ at, count }, index) => {
          const height = (count / largest) * (BASE - 18);
          return (
            <g key={at.getTime()} transform={`translate(${index * WIDTH} 0)`}>
              <rect class="bar" x={3} y={BASE - height} width={WIDTH - 6} height={height} rx={2} />
              {count > 0 && (
                <text class="label middle" x={WIDTH / 2} y={BASE - height - 5}>
                  {format.number(count)}
                </text>
              )}
              {index % 3 === 0 && (
                <text class="label middle" x={WIDTH / 2} y={HEIGHT - 8}>
                  {format.short(at, at)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <table class="visually-hidden">
        <caption>{text.untakenByHour}</caption>
        <thead>
          <tr>
            <th scope="col">{text.hour}</th>
            <th scope="col">{text.incidents}</th>
          </tr>
        </thead>
        <tbody>
          {hours
            .filter(({ count }) => count > 0)
            .map(({ at, count }) => (
              <tr key={at.getTime()}>
                <th scope="row">{format.short(at, at)}</th>
                <td>{format.number(count)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}
