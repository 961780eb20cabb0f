/** The size of the largest file that the service takes, in bytes (docs/attachments.md). */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;

/** The number of files that the service takes with one report. */
export const MAX_REPORT_FILES = 10;

/** The part of a DataTransfer that is used: what is pasted or dropped. */
export interface TransferredData {
  readonly types: readonly string[];
  readonly files: Iterable<File>;
}

/** Why the page does not send a file. The codes are those of the API where it has the same reason. */
export type FileProblemCode =
  'attachment.file-too-large' | 'attachment.too-many-files' | 'file.unreadable' | 'file.too-many-uploads';

/** The page does not send a file. */
export class FileProblem extends Error {
  constructor(
    readonly code: FileProblemCode,
    /** The name of the file, if the others are no part of the reason. */
    readonly fileName?: string,
  ) {
    super(code);
  }
}

/** Whether files are dragged, rather than text or links. Their names are known only once they are dropped. */
export const hasFiles = ({ types }: Pick<TransferredData, 'types'>): boolean => types.includes('Files');

/**
 * The files that are pasted into a field; none if text is to be pasted. Office programs add an image of what was copied to its text, and
 * file managers add the names of copied files: only the first ones have formatted text as well.
 */
export function pastedFiles({ types, files }: TransferredData): readonly File[] {
  const isFormattedText = types.includes('text/plain') && types.includes('text/html');
  return isFormattedText ? [] : [...files];
}

/** @throws FileProblem if a file is larger than the service takes. */
export function requireSize({ name, size }: Pick<File, 'name' | 'size'>): void {
  if (size > MAX_FILE_BYTES) throw new FileProblem('attachment.file-too-large', name);
}

/** @throws FileProblem if a file cannot be read: it is a folder, was deleted or changed, or is in a cloud that does not answer. */
export async function requireReadable(file: File): Promise<void> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (error) {
    if (error instanceof DOMException) throw new FileProblem('file.unreadable', file.name);
    throw error;
  }
}
