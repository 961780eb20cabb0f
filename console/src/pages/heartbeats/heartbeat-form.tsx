import { useSignal } from '@preact/signals';
import { type Heartbeat, type Source, SOURCES } from '../../api/types.js';
import { useApp } from '../../app-context.js';
import { Select } from '../../shell/select.js';
import { texts } from '../../translations/translations.js';
import { pageTexts } from '../page-texts.js';
import { Field } from '../parts/field.js';
import { FormDialog } from '../parts/form-dialog.js';

interface TextField {
  readonly name: 'every' | 'at' | 'time_zone' | 'grace' | 'description';
  /** The name of its text. */
  readonly label: 'every' | 'at' | 'timeZone' | 'grace' | 'description';
  readonly hint: 'everyHint' | 'atHint' | 'timeZoneHint' | 'graceHint' | 'descriptionHint';
}

const FIELDS: readonly TextField[] = [
  { name: 'every', label: 'every', hint: 'everyHint' },
  { name: 'at', label: 'at', hint: 'atHint' },
  { name: 'time_zone', label: 'timeZone', hint: 'timeZoneHint' },
  { name: 'grace', label: 'grace', hint: 'graceHint' },
  { name: 'description', label: 'description', hint: 'descriptionHint' },
];

type Values = Readonly<Record<TextField['name'], string>>;

/** A new heartbeat has the zone of the person: a mistaken one is the most frequent false alarm. */
const valuesOf = (heartbeat: Heartbeat | undefined): Values => ({
  every: heartbeat?.every ?? '',
  at: heartbeat?.at ?? '',
  time_zone: heartbeat?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  grace: heartbeat?.grace ?? '5m',
  description: heartbeat?.description ?? '',
});

/** What the API takes: an empty text is absent, and gets its default. */
export const membersOf = (values: Values): Partial<Values> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, text]) => [name, text.trim()])
      .filter(([, text]) => text !== ''),
  );

interface Props {
  /** Undefined for a new one. */
  readonly heartbeat: Heartbeat | undefined;
  /** @param url the ping URL of a new heartbeat. */
  readonly onSaved: (name: string, url: string | null) => Promise<void>;
  readonly onClose: () => void;
}

/** The form of a heartbeat. */
export function HeartbeatForm({ heartbeat, onSaved, onClose }: Props) {
  const { api } = useApp();
  const { heartbeats: text, save } = pageTexts.value;
  const name = useSignal(heartbeat?.name ?? '');
  const values = useSignal(valuesOf(heartbeat));
  const source = useSignal<Source>(heartbeat?.source ?? 'monitoring');
  const isUrgent = useSignal(heartbeat?.urgent ?? false);

  const submit = async () => {
    const json = { ...membersOf(values.value), source: source.value, urgent: isUrgent.value };
    const params = { name: name.value.trim() };
    const { body } = await api.put('/api/v1/heartbeats/{name}', { params, json });
    onClose();
    await onSaved(body.name, body.ping_url);
  };

  return (
    <FormDialog
      title={heartbeat ? text.titleOf(heartbeat.name) : text.create}
      action={save}
      onSubmit={submit}
      onClose={onClose}
    >
      {!heartbeat && (
        <Field label={text.name} hint={text.nameHint}>
          {(ids) => (
            <input
              {...ids}
              name="name"
              required
              autocomplete="off"
              value={name}
              onInput={({ currentTarget: { value } }) => (name.value = value)}
            />
          )}
        </Field>
      )}
      {FIELDS.map((field) => (
        <Field key={field.name} label={text[field.label]} hint={text[field.hint]}>
          {(ids) => (
            <input
              {...ids}
              name={field.name}
              autocomplete="off"
              value={values.value[field.name]}
              onInput={({ currentTarget: { value } }) =>
                (values.value = { ...values.value, [field.name]: value })
              }
            />
          )}
        </Field>
      ))}
      <Field label={text.source}>
        {(ids) => (
          <Select
            {...ids}
            name="source"
            value={source.value}
            choices={SOURCES}
            textOf={(each) => texts.value.sources[each]}
            onChoose={(each) => (source.value = each)}
          />
        )}
      </Field>
      <label class="check">
        <input
          type="checkbox"
          name="urgent"
          checked={isUrgent}
          onChange={({ currentTarget: { checked } }) => (isUrgent.value = checked)}
        />
        {text.urgent}
      </label>
    </FormDialog>
  );
}
