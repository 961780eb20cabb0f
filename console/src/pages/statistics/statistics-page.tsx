import { useSignal } from '@preact/signals';
import type { components } from '../../../../src/shared/api-schema.js';
import { useApp } from '../../app-context.js';
import { Select } from '../../shell/select.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { LoadNotice } from '../parts/notice.js';
import { useLoaded } from '../parts/use-loaded.js';
import '../pages.css';
import { GroupCharts, GroupTable } from './groups.js';
import { durationText, rangeOf } from './measures.js';
import { UntakenByHour } from './untaken-by-hour.js';

type Grouping = components['schemas']['StatisticsGrouping'];
type Group = components['schemas']['StatisticsGroupResponse'];

const RANGES_DAYS = [7, 30, 90, 365] as const;
const GROUPINGS = ['source', 'channel', 'assignee', 'week'] as const satisfies readonly Grouping[];

/** How many incidents there are, and how long they take. */
export function Page() {
  const { api, now } = useApp();
  const days = useSignal<number>(7);
  const grouping = useSignal<Grouping>('source');
  const { value: text } = pageTexts;
  const loaded = useLoaded(
    async (signal) => {
      const range = rangeOf(days.value, now.peek());
      const [total, groups] = await Promise.all([
        api.get('/api/v1/statistics', { query: range, signal }),
        api.get('/api/v1/statistics', { query: { ...range, by: grouping.value }, signal }),
      ]);
      return { total: total.body.groups[0], by: grouping.value, groups: groups.body };
    },
    { inputs: [days.value, grouping.value] },
  );
  const shown = loaded.value.value;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.statistics}</h1>
        <label>
          {text.statistics.range}
          <Select
            name="range"
            value={days.value}
            choices={RANGES_DAYS}
            textOf={text.statistics.days}
            onChoose={(count) => (days.value = count)}
          />
        </label>
        <label>
          {text.statistics.by}
          <Select
            name="by"
            value={grouping.value}
            choices={GROUPINGS}
            textOf={(each) => text.statistics.groupings[each]}
            onChoose={(each) => (grouping.value = each)}
          />
        </label>
      </header>
      <LoadNotice loaded={loaded} />
      {shown && (
        <>
          {shown.total ? <Summary total={shown.total} /> : <p class="empty">{text.nothing}</p>}
          <p class="muted">{text.statistics.explanation}</p>
          {shown.groups.groups.length > 0 && (
            <>
              <GroupCharts groups={shown.groups.groups} by={shown.by} />
              <GroupTable groups={shown.groups.groups} by={shown.by} />
            </>
          )}
          {shown.groups.has_more && <p class="muted">{text.statistics.hasMore}</p>}
        </>
      )}
      <UntakenByHour />
    </div>
  );
}

function Summary({ total }: { readonly total: Group }) {
  const { value: text } = pageTexts;
  const { value: format } = formats;
  const facts: readonly (readonly [string, string])[] = [
    [text.statistics.reported, format.number(total.reported)],
    [text.statistics.untaken, format.number(total.untaken)],
    [text.statistics.open, format.number(total.open)],
    [text.statistics.urgent, format.number(total.urgent)],
    [
      text.statistics.reopened,
      `${format.number(total.reopened)} (${format.number(Math.round(total.reopened_share * 100))} %)`,
    ],
    [text.statistics.timeToTake, `${text.statistics.median} ${durationText(total.time_to_take.p50)}`],
    [text.statistics.timeToResolve, `${text.statistics.median} ${durationText(total.time_to_resolve.p50)}`],
  ];
  return (
    <dl class="page-summary" aria-label={text.statistics.summary}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
