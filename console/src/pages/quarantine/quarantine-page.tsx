import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useApp } from '../../app-context.js';
import { Select } from '../../shell/select.js';
import { texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import '../pages.css';
import { Confirm, type Question } from '../parts/confirm.js';
import { LoadNotice } from '../parts/notice.js';
import { useLoaded } from '../parts/use-loaded.js';
import { MessageTable } from './message-table.js';
import { PayloadDialog } from './payload.js';
import {
  type Action,
  listMessages,
  type Outcome,
  type Quarantined,
  runForEach,
  type State,
} from './quarantine-requests.js';

const STATES = ['pending', 'accepted', 'dismissed', 'all'] as const satisfies readonly State[];

/** A list can grow by so many pages: what follows appears when these messages are dealt with. */
const MAX_PAGES = 20;

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
  const loaded = useLoaded((signal) => listMessages(api, state.value, pages.value, signal), {
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
          <Select
            name="state"
            value={state.value}
            choices={STATES}
            textOf={(each) => text.states[each]}
            onChoose={(each) => {
              state.value = each;
              pages.value = 1;
              selected.value = new Set();
            }}
          />
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
