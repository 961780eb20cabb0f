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
import { KeyForm } from './key-form.js';
import { RotateForm } from './rotate-form.js';
import { type Secret, SecretDialog } from './secret.js';
import { WebhookSecretForm } from './webhook-secret-form.js';

type Key = components['schemas']['AccessKeyResponse'];
type Issued = components['schemas']['IssuedAccessKeyResponse'];

/** The link that signs somebody in. The token is in the fragment, which browsers send to nobody. */
export const signInLink = (origin: string, token: string): string => `${origin}/sign-in#${token}`;

export function stateOf({ expires_at: expiresAt, revoked_at: revokedAt }: Key, now: Date) {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && new Date(expiresAt) <= now ? 'expired' : 'active';
}

/** The keys of people and programs. */
export function Page() {
  const { api, toasts, now } = useApp();
  const { keys: text } = pageTexts.value;
  const isCreating = useSignal(false);
  const showsInactive = useSignal(false);
  const secret = useSignal<Secret | undefined>(undefined);
  const question = useSignal<Question | undefined>(undefined);
  const rotating = useSignal<Key | undefined>(undefined);
  const signing = useSignal<Key | undefined>(undefined);
  const loaded = useLoaded(async (signal) => (await api.get('/api/v1/keys', { signal })).body);

  const showSecret = async ({ name, secret: value }: Issued) => {
    isCreating.value = false;
    // A key with a public key has none.
    if (value !== null) secret.value = { title: text.secretTitle(name), note: text.secretNote, value };
    await loaded.reload();
  };
  /** The things that can be done with a key. Each is asked for first, except for the link. */
  const ask = (key: Key, action: 'rotate' | 'revoke' | 'end-sessions') => {
    const params = { id: key.id };
    const questions: Readonly<Record<typeof action, Question>> = {
      rotate: {
        title: text.rotate,
        text: text.rotateExplanation,
        action: text.rotate,
        confirm: async () => showSecret((await api.post('/api/v1/keys/{id}/rotate', { params })).body),
      },
      revoke: {
        title: text.revoke,
        text: text.confirmRevoke(key.name),
        action: text.revoke,
        confirm: async () => {
          await api.post('/api/v1/keys/{id}/revoke', { params });
          await loaded.reload();
        },
      },
      'end-sessions': {
        title: text.endSessions,
        text: text.confirmEndSessions(key.name),
        action: text.endSessions,
        confirm: async () => {
          await api.delete('/api/v1/keys/{id}/sessions', { params });
          toasts.show({ kind: 'done', text: text.sessionsEnded(key.name) });
        },
      },
    };
    question.value = questions[action];
  };
  const rotateWith = async ({ id }: Key, publicKey: string) =>
    showSecret(
      (await api.post('/api/v1/keys/{id}/rotate', { params: { id }, json: { public_key: publicKey } })).body,
    );
  const askForLink = (key: Key) => {
    question.value = {
      title: text.signInLink,
      text: text.confirmLink(key.name),
      action: text.signInLink,
      confirm: async () => {
        const { body } = await api.post('/api/v1/keys/{id}/sign-in-tokens', { params: { id: key.id } });
        secret.value = {
          title: text.linkTitle(key.name),
          note: text.linkNote(formats.value.exact(new Date(body.expires_at))),
          value: signInLink(location.origin, body.token),
        };
      },
    };
  };

  const all = loaded.value.value ?? [];
  const time = now.peek();
  const shown = all.filter((key) => showsInactive.value || stateOf(key, time) === 'active');
  return (
    <div class="page">
      <header class="page-head">
        <h1>{texts.value.pages.keys}</h1>
        <button type="button" class="primary" onClick={() => (isCreating.value = true)}>
          {text.create}
        </button>
        <label class="check">
          <input
            type="checkbox"
            name="inactive"
            checked={showsInactive}
            onChange={({ currentTarget: { checked } }) => (showsInactive.value = checked)}
          />
          {text.showInactive}
        </label>
      </header>
      <p class="muted">{text.explanation}</p>
      <LoadNotice loaded={loaded} />
      {loaded.value.value && shown.length === 0 && <p class="empty">{pageTexts.value.nothing}</p>}
      {shown.length > 0 && (
        <Table
          caption={texts.value.pages.keys}
          rows={shown}
          keyOf={({ id }) => id}
          columns={[
            {
              key: 'name',
              title: text.name,
              cell: ({ id, name }) => (
                <>
                  <bdi>{name}</bdi> <span class="muted">{id}</span>
                </>
              ),
            },
            {
              key: 'role',
              title: text.role,
              cell: ({ role, can_impersonate: impersonates, signed_only: signedOnly }) => (
                <>
                  {texts.value.roles[role]} {impersonates && <span class="muted">({text.impersonates})</span>}{' '}
                  {signedOnly && <span class="muted">({text.signedOnly})</span>}
                </>
              ),
            },
            { key: 'state', title: text.state, cell: (key) => text.states[stateOf(key, time)] },
            { key: 'created', title: text.created, cell: ({ created_at: at }) => <Moment at={at} /> },
            { key: 'used', title: text.lastUsed, cell: ({ last_used_at: at }) => <MaybeMoment at={at} /> },
            { key: 'expires', title: text.expires, cell: ({ expires_at: at }) => <MaybeMoment at={at} /> },
            {
              key: 'actions',
              title: pageTexts.value.actions,
              cell: (key) =>
                stateOf(key, time) === 'active' && (
                  <div class="page-buttons">
                    {!key.signed_only && (
                      <button type="button" onClick={() => askForLink(key)}>
                        {text.signInLink}
                      </button>
                    )}
                    <button type="button" onClick={() => (signing.value = key)}>
                      {text.webhookSecret}
                      {key.has_webhook_secret && ' ✓'}
                    </button>
                    <button
                      type="button"
                      onClick={() => (key.public_key === null ? ask(key, 'rotate') : (rotating.value = key))}
                    >
                      {text.rotate}
                    </button>
                    {!key.signed_only && (
                      <button type="button" onClick={() => ask(key, 'end-sessions')}>
                        {text.endSessions}
                      </button>
                    )}
                    <button type="button" onClick={() => ask(key, 'revoke')}>
                      {text.revoke}
                    </button>
                  </div>
                ),
            },
          ]}
        />
      )}
      {isCreating.value && <KeyForm onCreated={showSecret} onClose={() => (isCreating.value = false)} />}
      {question.value && <Confirm question={question.value} onClose={() => (question.value = undefined)} />}
      {rotating.value && (
        <RotateForm
          onRotate={(publicKey) => rotateWith(rotating.value!, publicKey)}
          onClose={() => (rotating.value = undefined)}
        />
      )}
      {signing.value && (
        <WebhookSecretForm
          id={signing.value.id}
          name={signing.value.name}
          onSaved={async () => {
            signing.value = undefined;
            await loaded.reload();
          }}
          onClose={() => (signing.value = undefined)}
        />
      )}
      {secret.value && <SecretDialog secret={secret.value} onClose={() => (secret.value = undefined)} />}
    </div>
  );
}

function MaybeMoment({ at }: { readonly at: string | null }) {
  return at === null ? <>{pageTexts.value.never}</> : <Moment at={at} />;
}
