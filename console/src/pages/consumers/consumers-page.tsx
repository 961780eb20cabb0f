import { useSignal } from '@preact/signals';
import type { components } from '../../../../src/shared/api-schema.js';
import { useApp } from '../../app-context.js';
import { Moment } from '../../incidents/badges.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import '../pages.css';
import { Confirm, type Question } from '../parts/confirm.js';
import { LoadNotice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useLoaded } from '../parts/use-loaded.js';
import { Health } from './health.js';

type Consumer = components['schemas']['ConsumerResponse'];

const REFRESH_INTERVAL_MS = 5_000;

/** From so many seconds on, a reader of the feed is late: as the alert IncidentsConsumerLagging says. */
const LATE_SECONDS = 300;

/** Who reads the event feed, how far behind, and whether the service is well. */
export function Page() {
  const { api, session } = useApp();
  const { consumers: text, actions, nothing } = pageTexts.value;
  const question = useSignal<Question | undefined>(undefined);
  const loaded = useLoaded(async (signal) => (await api.get('/api/v1/consumers', { signal })).body, {
    intervalMs: REFRESH_INTERVAL_MS,
  });
  const { value: consumers } = loaded.value;
  const ask = (name: string) => {
    question.value = {
      title: text.remove,
      text: text.confirmRemove(name),
      action: text.remove,
      confirm: async () => {
        await api.delete('/api/v1/consumers/{name}', { params: { name } });
        await loaded.reload();
      },
    };
  };
  const { value: format } = formats;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.consumers}</h1>
      </header>
      <p class="muted">{text.explanation}</p>
      <LoadNotice loaded={loaded} />
      {consumers?.length === 0 && <p class="empty">{nothing}</p>}
      {consumers && consumers.length > 0 && (
        <Table
          caption={texts.value.pages.consumers}
          rows={consumers}
          keyOf={({ name }) => name}
          columns={[
            { key: 'name', title: text.name, cell: ({ name }) => <bdi>{name}</bdi> },
            { key: 'lag', title: text.lag, isNumber: true, cell: ({ lag }) => format.number(lag) },
            {
              key: 'behind',
              title: text.behind,
              isNumber: true,
              cell: ({ lag, lag_seconds: seconds }) => (
                <span class={seconds >= LATE_SECONDS ? 'bad' : 'good'}>
                  {lag === 0 ? '—' : format.duration(seconds * 1_000)}
                </span>
              ),
            },
            { key: 'seen', title: text.lastSeen, cell: ({ last_seen_at: at }) => <Moment at={at} /> },
            { key: 'created', title: text.created, cell: ({ created_at: at }) => <Moment at={at} /> },
            ...(session.may('manage-keys')
              ? [
                  {
                    key: 'actions',
                    title: actions,
                    cell: ({ name }: Consumer) => (
                      <button type="button" onClick={() => ask(name)}>
                        {text.remove}
                      </button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      <Health />
      {question.value && <Confirm question={question.value} onClose={() => (question.value = undefined)} />}
    </div>
  );
}
