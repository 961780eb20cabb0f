import { Moment } from '../../incidents/badges.js';
import { formats, texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { Table } from '../parts/table.js';
import type { Action, Quarantined } from './quarantine-requests.js';

interface Props {
  readonly messages: readonly Quarantined[];
  readonly selected: ReadonlySet<number>;
  readonly isBusy: boolean;
  readonly onSelect: (id: number, isSelected: boolean) => void;
  readonly onShow: (message: Quarantined) => void;
  readonly onAction: (action: Action, id: number) => void;
}

/** The quarantined messages, with what can be done with each. */
export function MessageTable({ messages, selected, isBusy, onSelect, onShow, onAction }: Props) {
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
