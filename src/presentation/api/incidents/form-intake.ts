import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AttachFiles } from '../../../application/attachments/attach-files.js';
import { IntakeMetrics } from '../../../application/intake/intake-metrics.js';
import type { Provenance } from '../../../domain/incident/incident-channel.js';
import type { WriteResult } from '../../../domain/incident/incident-repository.js';
import { isPlainJson } from '../../http/body/json-body.js';
import { parseJson } from '../../http/body/parse-json.js';
import { isMultipart, Uploads } from '../../http/body/uploads.js';
import { idempotencyKeyOf, REPORT, requestKeyOf } from '../../http/headers/idempotency-key.js';
import { validated } from '../../http/validation/strict-validation.js';
import { fieldsOf, ReportIncidentDto } from '../../intake/report.dto.js';

/** Receives a report with its files, as a form. */
@Injectable()
export class FormIntake {
  constructor(
    private readonly attachFiles: AttachFiles,
    private readonly uploads: Uploads,
    private readonly intakeMetrics: IntakeMetrics,
  ) {}

  /** Whether the request is a form. */
  accepts(request: Request): boolean {
    return !isPlainJson(request) && isMultipart(request);
  }

  /** Counts the report, and commits it with its files: all of it, or nothing. */
  report(request: Request, provenance: Provenance): Promise<WriteResult> {
    const { principal } = request.accessKey!;
    const report = async () => {
      await this.attachFiles.requireAllowed(principal, requestKeyOf(request, REPORT));
      return this.uploads.receive(request, { hasReport: true }, (upload) => {
        const fields = fieldsOf(validated('body', ReportIncidentDto, parseJson(upload.report!, 'body')));
        request.bodyDigest = upload.digest;
        const idempotency = idempotencyKeyOf(request, REPORT);
        return this.attachFiles.report({
          ...fields,
          ...provenance,
          files: upload.files,
          principal,
          idempotency,
        });
      });
    };
    return this.intakeMetrics.counted(provenance.channel, report, (result) =>
      !result.isReplay && isNewWithFiles(result) ? 'created' : 'duplicate',
    );
  }
}

/** Whether a report with files made the incident: its files are changes of it already. */
export const isNewWithFiles = ({ incident }: WriteResult): boolean => incident.state.occurrences === 1;
