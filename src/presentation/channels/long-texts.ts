import { Injectable } from '@nestjs/common';
import { Clock } from '../../application/operations/clock.js';
import { Quarantine } from '../../application/quarantine/quarantine.js';
import type { ReceivedMessage } from '../../application/intake/report-intake.js';
import { isTooLong, type ReportText, shortenedText, wholeText } from './report-text.js';

const REASON = 'The text of the alert is too long for a report: the incident has only a part of it.';

/** Fits the texts of machines into reports. */
@Injectable()
export class LongTexts {
  constructor(
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
  ) {}

  /**
   * The text as a description. If it is too long, the whole message is archived, and the description has a part of the text and the
   * path of the archived message.
   * @param message is called only for a text that is too long.
   */
  async descriptionOf(text: ReportText, message: () => ReceivedMessage): Promise<string> {
    if (!isTooLong(text)) return wholeText(text);
    const id = await this.quarantine.archive({ ...message(), reason: REASON, at: this.clock.now() });
    return shortenedText(text, id === undefined ? undefined : `/api/v1/quarantine/${id}/payload`);
  }
}
