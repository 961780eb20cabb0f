import { useSignal } from '@preact/signals';
import type { Heartbeat } from '../../api/types.js';
import { useApp } from '../../app-context.js';
import { Moment } from '../../incidents/badges.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import '../pages.css';
import { Confirm, type Question } from '../parts/confirm.js';
import { LoadNotice } from '../parts/notice.js';
import { type Column, Table } from '../parts/table.js';
import { useLoaded } from '../parts/use-loaded.js';
import { type Secret, SecretDialog } from '../keys/secret.js';
import { HeartbeatForm } from './heartbeat-form.js';

const REFRESH_INTERVAL_MS = 10_000;

const PAGE_SIZE = 100;

/** The list can grow by so many pages. */
const MAX_PAGES = 10;

/** A time as clocks in the zone of the heartbeat show it: `2026-11-30T06:30:00+03:00` is 2026-11-30 06:30. */
export const localText = (local: string): string => local.slice(0, 16).replace('T', ' ');

/** The jobs that are expected to report. */
export function Page() {
  const { api, session } = useApp();
  const { heartbeats: text, actions, nothing, more, never } = pageTexts.value;
  const onlyProblems = useSignal(false);
  const pages = useSignal(1);
  const question = useSignal<Question | undefined>(undefined);
  const edited = useSignal<Heartbeat | 'new' | undefined>(undefined);
  const secret = useSignal<Secret | undefined>(undefined);
  const mayManage = session.may('manage-heartbeats');

  const load = async (signal: AbortSignal) => {
    const all: Heartbeat[] = [];
    let hasMore = true;
    for (let page = 0; page < pages.value && hasMore; page++) {
      const query = {
        limit: PAGE_SIZE,
        after: all.at(-1)?.name,
        with_problem: onlyProblems.value || undefined,
      };
      const { body, headers } = await api.get('/api/v1/heartbeats', { query, signal });
      all.push(...body);
      hasMore = headers.has('link');
    }
    return { all, hasMore };
  };
  const loaded = useLoaded(load, {
    inputs: [onlyProblems.value, pages.value],
    intervalMs: REFRESH_INTERVAL_MS,
  });
  const showUrl = async (name: string, url: string | null) => {
    await loaded.reload();
    if (url !== null) secret.value = { title: text.urlTitle(name), note: text.urlNote, value: url };
  };
  const ask = (name: string, action: 'rotate' | 'remove') => {
    const params = { name };
    const questions: Readonly<Record<typeof action, Question>> = {
      rotate: {
        title: text.rotate,
        text: text.confirmRotate(name),
        action: text.rotate,
        confirm: async () => {
          const { body } = await api.post('/api/v1/heartbeats/{name}/rotate', { params });
          await showUrl(name, body.ping_url);
        },
      },
      remove: {
        title: text.remove,
        text: text.confirmRemove(name),
        action: text.remove,
        confirm: async () => {
          await api.delete('/api/v1/heartbeats/{name}', { params });
          await loaded.reload();
        },
      },
    };
    question.value = questions[action];
  };

  const columns: Column<Heartbeat>[] = [
    {
      key: 'name',
      title: text.name,
      cell: ({ name, description }) => (
        <>
          <bdi>{name}</bdi>
          {description !== null && (
            <div class="muted long">
              <bdi>{description}</bdi>
            </div>
          )}
        </>
      ),
    },
    { key: 'state', title: text.state, cell: (heartbeat) => <State heartbeat={heartbeat} /> },
    { key: 'schedule', title: text.schedule, cell: (heartbeat) => <Schedule heartbeat={heartbeat} /> },
    { key: 'expected', title: text.expected, cell: (heartbeat) => <Expected heartbeat={heartbeat} /> },
    {
      key: 'pinged',
      title: text.lastPing,
      cell: ({ last_ping_at: at }) => (at === null ? never : <Moment at={at} />),
    },
  ];
  if (mayManage)
    columns.push({
      key: 'actions',
      title: actions,
      cell: (heartbeat) => (
        <div class="page-buttons">
          <button type="button" onClick={() => (edited.value = heartbeat)}>
            {text.edit}
          </button>
          <button type="button" onClick={() => ask(heartbeat.name, 'rotate')}>
            {text.rotate}
          </button>
          <button type="button" onClick={() => ask(heartbeat.name, 'remove')}>
            {text.remove}
          </button>
        </div>
      ),
    });

  const { value } = loaded.value;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.heartbeats}</h1>
        {mayManage && (
          <button type="button" class="primary" onClick={() => (edited.value = 'new')}>
            {text.create}
          </button>
        )}
        <label class="check">
          <input
            type="checkbox"
            name="problems"
            checked={onlyProblems}
            onChange={({ currentTarget: { checked } }) => {
              onlyProblems.value = checked;
              pages.value = 1;
            }}
          />
          {text.onlyProblems}
        </label>
      </header>
      <p class="muted">{text.explanation}</p>
      <LoadNotice loaded={loaded} />
      {value?.all.length === 0 && <p class="empty">{nothing}</p>}
      {value && value.all.length > 0 && (
        <Table
          caption={texts.value.pages.heartbeats}
          rows={value.all}
          keyOf={({ name }) => name}
          columns={columns}
        />
      )}
      {value?.hasMore && pages.value < MAX_PAGES && (
        <button type="button" onClick={() => (pages.value += 1)}>
          {more}
        </button>
      )}
      {edited.value && (
        <HeartbeatForm
          heartbeat={edited.value === 'new' ? undefined : edited.value}
          onSaved={showUrl}
          onClose={() => (edited.value = undefined)}
        />
      )}
      {question.value && <Confirm question={question.value} onClose={() => (question.value = undefined)} />}
      {secret.value && <SecretDialog secret={secret.value} onClose={() => (secret.value = undefined)} />}
    </div>
  );
}

interface CellProps {
  readonly heartbeat: Heartbeat;
}

/** The state, and the incident of a problem. */
function State({ heartbeat }: CellProps) {
  const { state, problem_since: since, incident_id: id } = heartbeat;
  const name = pageTexts.value.heartbeats.states[state];
  if (since === null) return <span class={state === 'new' ? undefined : 'good'}>{name}</span>;
  return (
    <>
      <span class="bad">{name}</span>, <Moment at={since} />
      {id !== null && (
        <>
          {' '}
          <a href={`/incidents/${id}`}>#{id}</a>
        </>
      )}
    </>
  );
}

function Schedule({ heartbeat: { every, at, time_zone: timeZone, grace } }: CellProps) {
  const { heartbeats: text } = pageTexts.value;
  return (
    <>
      {at === null ? text.everyText(every!) : <bdi>{at}</bdi>}
      <div class="muted">
        <bdi>{timeZone}</bdi>, {text.graceText(grace)}
      </div>
    </>
  );
}

/** The next expected time in the zone of the heartbeat, and in that of the person. */
function Expected({ heartbeat: { expected, time_zone: timeZone } }: CellProps) {
  const [next] = expected;
  if (!next) return <>—</>;
  return (
    <>
      <time dateTime={next.at}>{localText(next.local)}</time> <bdi class="muted">{timeZone}</bdi>
      <div class="muted">{formats.value.exact(new Date(next.at))}</div>
    </>
  );
}
