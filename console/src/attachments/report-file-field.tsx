import type { ReadonlySignal } from '@preact/signals';
import { ApiProblem } from '../api/problems.js';
import type { ProblemCode } from '../api/types.js';
import { useApp } from '../app-context.js';
import type { SentReport } from '../drafts/sent-report.js';
import { REPORT_PLACE } from '../drafts/unanswered.js';
import { explain } from '../shell/explain.js';
import { formats, texts } from '../translations/translations.js';
import { dropTarget } from './drop-target.js';
import { FileButtons } from './file-buttons.js';
import { FileProblem } from './received-files.js';
import { UploadProgress } from './upload-list.js';

interface Props {
  readonly isSending: ReadonlySignal<boolean>;
  /** How much of the report and its files is sent, from 0 to 1; undefined while it waits to be sent again. */
  readonly progress: ReadonlySignal<number | undefined>;
}

/** The files of the new report: which they are, how more are chosen, and how much of them is sent. */
export function ReportFileField({ isSending, progress }: Props) {
  const { drafts, reportFiles } = useApp();
  const { files: text, forms } = texts.value;
  const { value: files } = reportFiles.files;
  const { value: problem } = reportFiles.problem;
  const unanswered = drafts.attemptOf(REPORT_PLACE)?.json as SentReport | undefined;
  const areLost = files.length === 0 && unanswered?.files !== undefined && !isSending.value;
  return (
    <div class={dropTarget.value?.kind === 'report' ? 'report-files drop-here' : 'report-files'}>
      <FileButtons onFiles={(chosen) => reportFiles.add(chosen)} />
      {files.length > 0 && <ChosenFiles files={files} isSending={isSending.value} />}
      {files.length > 0 && <p class="hint">{text.notStored}</p>}
      {areLost && <p class="hint">{text.lost}</p>}
      {problem && (
        <p class="error" role="alert">
          {explainForReport(problem, files)}
        </p>
      )}
      {isSending.value && files.length > 0 && (
        <UploadProgress name={forms.sending} state={{ state: 'sending', fraction: progress.value }} />
      )}
    </div>
  );
}

/** The problems of one file of a report. Their details name it. */
const PROBLEMS_OF_FILES: ReadonlySet<string> = new Set<ProblemCode>([
  'attachment.file-too-large',
  'attachment.unreadable-image',
]);

/** Why a report is not sent, with the name of the file that is the reason. */
export function explainForReport(error: unknown, files: readonly File[]): string {
  const name = error instanceof FileProblem ? error.fileName : refusedFile(error, files);
  const reason = explain(error);
  return name === undefined ? reason : `${name}: ${reason}`;
}

function refusedFile(error: unknown, files: readonly File[]): string | undefined {
  if (!(error instanceof ApiProblem) || !PROBLEMS_OF_FILES.has(error.code)) return undefined;
  return files.find(({ name }) => error.message.includes(` ${name} `))?.name;
}

interface ChosenProps {
  readonly files: readonly File[];
  readonly isSending: boolean;
}

function ChosenFiles({ files, isSending }: ChosenProps) {
  const { reportFiles } = useApp();
  const { files: text } = texts.value;
  return (
    <ul class="uploads" aria-label={text.chosen}>
      {files.map((file, index) => (
        <li key={index} class="upload">
          <span class="upload-name">
            <bdi>{file.name}</bdi> <span class="muted">{formats.value.bytes(file.size)}</span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={text.remove(file.name)}
            disabled={isSending}
            onClick={() => reportFiles.remove([file])}
          >
            ✕
          </button>
        </li>
      ))}
    </ul>
  );
}
