import { useSignal } from '@preact/signals';
import type { Policy } from '../../api/types.js';
import { useApp } from '../../app-context.js';
import type { Principal } from '../../session/session.js';
import { texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import '../pages.css';
import { Confirm, type Question } from '../parts/confirm.js';
import { LoadNotice } from '../parts/notice.js';
import { type Column, Table } from '../parts/table.js';
import { useLoaded } from '../parts/use-loaded.js';
import { FIELDS, PolicyForm } from './policy-form.js';

/** The scope of a chat names a messenger; that of a source does not. */
const isChat = (scope: string) => scope.includes(':');

/** Whether a person may change the policy of a scope: as the service decides. */
export function mayChange(
  { permissions, can_impersonate: canImpersonate }: Principal,
  scope: string,
): boolean {
  if (permissions.includes('manage-policies')) return true;
  return permissions.includes('manage-chat-policies') && canImpersonate && isChat(scope);
}

/** When people are reminded, of which incidents. */
export function Page() {
  const { api, session, limits } = useApp();
  const { policies: text, actions, nothing } = pageTexts.value;
  const question = useSignal<Question | undefined>(undefined);
  const edited = useSignal<Policy | 'new' | undefined>(undefined);
  const loaded = useLoaded(async (signal) => (await api.get('/api/v1/policies', { signal })).body);
  const { value: policies } = loaded.value;
  const principal = session.principal.value!;
  const mayCreate = mayChange(principal, 'tg:1');
  const reload = async () => {
    await loaded.reload();
    // The list of incidents colours what is late.
    await limits.load();
  };

  const columns: Column<Policy>[] = [
    { key: 'scope', title: text.scope, cell: ({ scope }) => <bdi>{scope}</bdi> },
    ...FIELDS.map(({ name, label }) => ({
      key: name,
      title: text[label],
      cell: (policy: Policy) => <bdi class="long">{policy[name] ?? '—'}</bdi>,
    })),
  ];
  if (mayCreate)
    columns.push({
      key: 'actions',
      title: actions,
      cell: (policy) =>
        mayChange(principal, policy.scope) && (
          <div class="page-buttons">
            <button type="button" onClick={() => (edited.value = policy)}>
              {text.edit}
            </button>
            <button
              type="button"
              onClick={() => {
                question.value = {
                  title: text.remove,
                  text: text.confirmRemove(policy.scope),
                  action: text.remove,
                  confirm: async () => {
                    await api.delete('/api/v1/policies/{scope}', { params: { scope: policy.scope } });
                    await reload();
                  },
                };
              }}
            >
              {text.remove}
            </button>
          </div>
        ),
    });

  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.policies}</h1>
        {mayCreate && (
          <button type="button" class="primary" onClick={() => (edited.value = 'new')}>
            {text.create}
          </button>
        )}
      </header>
      <p class="muted">{text.explanation}</p>
      {!mayCreate && <p class="muted">{text.readOnly}</p>}
      <LoadNotice loaded={loaded} />
      {policies?.length === 0 && <p class="empty">{nothing}</p>}
      {policies && policies.length > 0 && (
        <Table
          caption={texts.value.pages.policies}
          rows={policies}
          keyOf={({ scope }) => scope}
          columns={columns}
        />
      )}
      {edited.value && (
        <PolicyForm
          policy={edited.value === 'new' ? undefined : edited.value}
          onSaved={reload}
          onClose={() => (edited.value = undefined)}
        />
      )}
      {question.value && <Confirm question={question.value} onClose={() => (question.value = undefined)} />}
    </div>
  );
}
