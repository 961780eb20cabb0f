import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { components } from '../../../../src/shared/api-schema.js';
import type { ApiClient } from '../../api/api-client.js';
import { requireRequestError } from '../../api/problems.js';
import { useApp } from '../../app-context.js';
import { Moment } from '../../incidents/badges.js';
import { explain } from '../../shell/user-actions.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import '../pages.css';
import { Confirm, type Question } from '../parts/confirm.js';
import { LoadNotice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useLoaded } from '../parts/use-loaded.js';
import { PayloadDialog } from './payload.js';

type Quarantined = components['schemas']['QuarantinedResponse'];
type State = components['schemas']['QuarantineState'] | 'all';
type Action = 'retry' | 'dismiss';

const STATES = ['pending', 'accepted', 'dismissed', 'all'] as const satisfies readonly State[];

const PAGE_SIZE = 50;

/** A list can grow by so many pages: what follows appears when these messages are dealt with. */
const MAX_PAGES = 20;

interface Outcome {
  readonly done: number;
  readonly action: Action;
  readonly refusals: readonly string[];
}

/** The messages that the service could not accept. */
export function Page() {
  const { api } = useApp();
  const { quarantine: text, more, nothing } = pageTexts.value;
  const state = useSignal<State>('pending');
  const pages = useSignal(1);
  const selected = useSignal<ReadonlySet<number>>(new Set());
  const outcome = useSignal<Outcome | undefined>(undefined);
  const shown = useSignal<Quarantined | undefined>(undefined);
  const question = useSignal<Question | undefined>(undefined);
  const isBusy = useSignal(false);
  const loaded = useLoaded((signal) => list(api, state.value, pages.value, signal), {
    inputs: [state.value, pages.value],
  });

  const run = async (action: Action, ids: readonly number[]) => {
    isBusy.value = true;
    outcome.value = await runForEach(api, action, ids);
    selected.value = new Set();
    isBusy.value = false;
    await loaded.reload();
  };
  const start = (action: Action, ids: readonly number[]) => {
    if (action === 'retry') void run(action, ids);
    else
      question.value = {
        title: text.dismiss,
        text: text.confirmDismiss(ids.length),
        action: text.dismiss,
        confirm: () => run(action, ids),
      };
  };

  const messages = loaded.value.value?.messages ?? [];
  const pendingIds = messages.filter((message) => message.state === 'pending').map(({ id }) => id);
  const selectedIds = pendingIds.filter((id) => selected.value.has(id));
  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.quarantine}</h1>
        <label>
          {text.state}
          <select
            name="state"
            value={state}
            onChange={({ currentTarget: { value } }) => {
              state.value = value as State;
              pages.value = 1;
              selected.value = new Set();
            }}
          >
            {STATES.map((each) => (
              <option key={each} value={each}>
                {text.states[each]}
              </option>
            ))}
          </select>
        </label>
      </header>
      <p class="muted">{text.explanation}</p>
      <LoadNotice loaded={loaded} />
      <OutcomeNotice outcome={outcome} />
      {pendingIds.length > 0 && (
        <div class="page-buttons">
          <label class="check">
            <input
              type="checkbox"
              checked={selectedIds.length === pendingIds.length}
              onChange={({ currentTarget: { checked } }) =>
                (selected.value = new Set(checked ? pendingIds : []))
              }
            />
            {text.selectAll}
          </label>
          <button
            type="button"
            disabled={selectedIds.length === 0 || isBusy.value}
            onClick={() => start('retry', selectedIds)}
          >
            {text.retrySelected(selectedIds.length)}
          </button>
          <button
            type="button"
            disabled={selectedIds.length === 0 || isBusy.value}
            onClick={() => start('dismiss', selectedIds)}
          >
            {text.dismissSelected(selectedIds.length)}
          </button>
        </div>
      )}
      {loaded.value.value && messages.length === 0 && <p class="empty">{nothing}</p>}
      {messages.length > 0 && (
        <MessageTable
          messages={messages}
          selected={selected.value}
          isBusy={isBusy.value}
          onSelect={(id, isSelected) => {
            const changed = new Set(selected.value);
            if (isSelected) changed.add(id);
            else changed.delete(id);
            selected.value = changed;
          }}
          onShow={(message) => (shown.value = message)}
          onAction={(action, id) => start(action, [id])}
        />
      )}
      {loaded.value.value?.hasMore && pages.value < MAX_PAGES && (
        <button type="button" onClick={() => pages.value++}>
          {more}
        </button>
      )}
      {shown.value && <PayloadDialog message={shown.value} onClose={() => (shown.value = undefined)} />}
      {question.value && <Confirm question={question.value} onClose={() => (question.value = undefined)} />}
    </div>
  );
}

interface TableProps {
  readonly messages: readonly Quarantined[];
  readonly selected: ReadonlySet<number>;
  readonly isBusy: boolean;
  readonly onSelect: (id: number, isSelected: boolean) => void;
  readonly onShow: (message: Quarantined) => void;
  readonly onAction: (action: Action, id: number) => void;
}

function MessageTable({ messages, selected, isBusy, onSelect, onShow, onAction }: TableProps) {
  const { quarantine: text, actions } = pageTexts.value;
  const { value: format } = formats;
  return (
    <Table
      caption={texts.value.pages.quarantine}
      rows={messages}
      keyOf={({ id }) => id}
      columns={[
        {
          key: 'id',
          title: text.message,
          cell: ({ id, state, reference }) => (
            <label class="check">
              <input
                type="checkbox"
                aria-label={text.select(id)}
                disabled={state !== 'pending'}
                checked={selected.has(id)}
                onChange={({ currentTarget: { checked } }) => onSelect(id, checked)}
              />
              <span>
                {id} <bdi class="muted">{reference}</bdi>
              </span>
            </label>
          ),
        },
        { key: 'channel', title: text.channel, cell: ({ channel }) => <bdi>{channel}</bdi> },
        { key: 'received', title: text.received, cell: ({ received_at: at }) => <Moment at={at} /> },
        { key: 'reason', title: text.reason, cell: ({ reason }) => <bdi class="long">{reason}</bdi> },
        {
          key: 'size',
          title: text.size,
          isNumber: true,
          cell: ({ size }) => text.bytes(format.number(size)),
        },
        {
          key: 'state',
          title: text.state,
          cell: ({ state, resolved_by: by }) => (
            <>
              {text.states[state]} {by !== null && <bdi class="muted">{text.resolvedBy(by)}</bdi>}
            </>
          ),
        },
        {
          key: 'actions',
          title: actions,
          cell: (message) => (
            <div class="page-buttons">
              <button type="button" onClick={() => onShow(message)}>
                {text.show}
              </button>
              {message.state === 'pending' && (
                <>
                  <button type="button" disabled={isBusy} onClick={() => onAction('retry', message.id)}>
                    {text.retry}
                  </button>
                  <button type="button" disabled={isBusy} onClick={() => onAction('dismiss', message.id)}>
                    {text.dismiss}
                  </button>
                </>
              )}
            </div>
          ),
        },
      ]}
    />
  );
}

function OutcomeNotice({
  outcome: { value: outcome },
}: {
  readonly outcome: ReadonlySignal<Outcome | undefined>;
}) {
  const { quarantine: text } = pageTexts.value;
  if (!outcome) return <div role="status" />;
  return (
    <div role="status" class="page-outcome">
      {outcome.done > 0 && (
        <p>{outcome.action === 'retry' ? text.accepted(outcome.done) : text.dismissed(outcome.done)}</p>
      )}
      {outcome.refusals.map((refusal) => (
        <p key={refusal} class="error">
          <bdi>{refusal}</bdi>
        </p>
      ))}
    </div>
  );
}

async function list(api: ApiClient, state: State, pages: number, signal: AbortSignal) {
  const messages: Quarantined[] = [];
  for (let page = 0; page < pages; page++) {
    const query = { state, limit: PAGE_SIZE, after: messages.at(-1)?.id };
    const { body } = await api.get('/api/v1/quarantine', { query, signal });
    messages.push(...body);
    if (body.length < PAGE_SIZE) return { messages, hasMore: false };
  }
  return { messages, hasMore: true };
}

/** Deals with messages one after the other; what is refused does not stop the rest. */
async function runForEach(api: ApiClient, action: Action, ids: readonly number[]): Promise<Outcome> {
  const refusals: string[] = [];
  for (const id of ids) {
    try {
      await api.post(`/api/v1/quarantine/{id}/${action}`, { params: { id } });
    } catch (error) {
      requireRequestError(error);
      refusals.push(pageTexts.value.quarantine.refused(id, explain(error)));
    }
  }
  return { done: ids.length - refusals.length, action, refusals };
}
