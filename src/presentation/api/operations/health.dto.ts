import { ApiProperty } from '@nestjs/swagger';

const checks = { type: Object };

export class HealthResponse {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: string;

  /** The result of each health check. */
  @ApiProperty({ ...checks, example: { database: { status: 'up' } } })
  info: object;

  @ApiProperty({ ...checks, example: {} })
  error: object;

  @ApiProperty({ ...checks, example: { database: { status: 'up' } } })
  details: object;
}
