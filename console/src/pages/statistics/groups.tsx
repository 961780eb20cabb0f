import type { components } from '../../../../src/shared/api-schema.js';
import { personOf } from '../../../../src/shared/person.js';
import type { Channel, Source } from '../../api/types.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { BarChart } from '../parts/bar-chart.js';
import { type Column, Table } from '../parts/table.js';
import { durationText } from './measures.js';

type Group = components['schemas']['StatisticsGroupResponse'];
type Grouping = components['schemas']['StatisticsGrouping'];

interface Props {
  readonly groups: readonly Group[];
  readonly by: Grouping;
}

/** The largest groups: more bars cannot be read. */
const MAX_BARS = 12;

function labelOf({ key }: Group, by: Grouping): string {
  if (key === null) return pageTexts.value.statistics.nobody;
  if (by === 'source') return texts.value.sources[key as Source] ?? key;
  if (by === 'channel') return texts.value.channels[key as Channel] ?? key;
  return by === 'assignee' ? personOf(key) : key;
}

/** The numbers and the times of the groups, as bars. */
export function GroupCharts({ groups, by }: Props) {
  const { statistics: text } = pageTexts.value;
  const shown = by === 'week' ? groups.slice(-MAX_BARS) : groups.slice(0, MAX_BARS);
  const times = (title: string, timesOf: (group: Group) => Group['time_to_take']) => (
    <BarChart
      title={`${title}: ${text.median}, ${text.p90}`}
      bars={shown.map((group) => {
        const { p50, p90 } = timesOf(group);
        return {
          key: group.key ?? '',
          label: labelOf(group, by),
          value: p50 ?? undefined,
          mark: p90 ?? undefined,
          text:
            p50 === null ? text.unknown : `${durationText(p50)} · ${p90 === null ? '—' : durationText(p90)}`,
        };
      })}
    />
  );
  return (
    <div class="page-charts">
      <BarChart
        title={text.reported}
        bars={shown.map((group) => ({
          key: group.key ?? '',
          label: labelOf(group, by),
          value: group.reported,
          text: formats.value.number(group.reported),
        }))}
      />
      {times(text.timeToTake, ({ time_to_take: time }) => time)}
      {times(text.timeToResolve, ({ time_to_resolve: time }) => time)}
    </div>
  );
}

/** All numbers of the groups. */
export function GroupTable({ groups, by }: Props) {
  const { statistics: text } = pageTexts.value;
  const { value: format } = formats;
  const counts = [
    'reported',
    'taken',
    'resolved',
    'closed',
    'reopened',
    'urgent',
    'open',
    'untaken',
  ] as const;
  const columns: readonly Column<Group>[] = [
    { key: 'group', title: text.groupings[by], cell: (group) => <bdi>{labelOf(group, by)}</bdi> },
    ...counts.map((count) => ({
      key: count,
      title: text[count],
      isNumber: true,
      cell: (group: Group) => format.number(group[count]),
    })),
    ...(['time_to_take', 'time_to_resolve'] as const).map((time) => ({
      key: time,
      title: time === 'time_to_take' ? text.timeToTake : text.timeToResolve,
      isNumber: true,
      cell: (group: Group) => `${durationText(group[time].p50)} / ${durationText(group[time].p90)}`,
    })),
  ];
  return (
    <Table
      caption={text.groupings[by]}
      columns={columns}
      rows={groups}
      keyOf={({ key }) => (key === null ? 'nobody' : `key ${key}`)}
    />
  );
}
