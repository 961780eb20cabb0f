import { type Fact, type ReportText, reportText } from '../report-text.js';

export type StringMap = Readonly<Record<string, string>>;

/** The complete text of an alert: it has all labels and annotations. */
export function alertText(labels: StringMap, annotations: StringMap, facts: readonly Fact[]): ReportText {
  const { alertname = 'An alert without a name', ...others } = labels;
  const { summary, description, ...more } = annotations;
  const message = [
    summary ? `${alertname}: ${summary}` : alertname,
    description === summary ? undefined : description,
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
  ];
  const labelled = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return reportText(message, [['Labels', labelled.join(', ')], ...facts]);
}
