import { Injectable } from '@nestjs/common';
import type { Heartbeat, HeartbeatSettings } from '../../domain/heartbeat/heartbeat.js';
import { HeartbeatNotFound } from '../../domain/heartbeat/heartbeat-errors.js';
import { Clock } from '../operations/clock.js';
import { type HeartbeatPage, Heartbeats, type PingOutput, type StoredHeartbeat } from './heartbeats.js';

/** Manages heartbeats: the jobs that are expected to report. */
@Injectable()
export class ManageHeartbeats {
  constructor(
    private readonly heartbeats: Heartbeats,
    private readonly clock: Clock,
  ) {}

  /** Heartbeats by name. */
  page(page: HeartbeatPage): Promise<readonly Heartbeat[]> {
    return this.heartbeats.page(page);
  }

  /** @throws HeartbeatNotFound */
  async get(name: string): Promise<Heartbeat> {
    return existing(name, await this.heartbeats.find(name));
  }

  /** Creates a heartbeat, or replaces the settings of an earlier one. */
  store(name: string, settings: HeartbeatSettings): Promise<StoredHeartbeat> {
    return this.heartbeats.store(name, settings);
  }

  /** Replaces the token of the ping URL, and returns the new one. @throws HeartbeatNotFound */
  async rotateToken(name: string): Promise<string> {
    return existing(name, await this.heartbeats.rotateToken(name));
  }

  /** Deletes a heartbeat. Its incident stays as it is. @throws HeartbeatNotFound */
  async delete(name: string): Promise<void> {
    if (!(await this.heartbeats.delete(name))) throw new HeartbeatNotFound(name);
  }

  /** The last outputs, the newest first. @throws HeartbeatNotFound */
  async outputs(name: string): Promise<readonly PingOutput[]> {
    return existing(name, await this.heartbeats.outputs(name));
  }

  /** From when on expected times are shown. */
  now(): Date {
    return this.clock.now();
  }
}

/** @throws HeartbeatNotFound */
function existing<Found>(name: string, found: Found | undefined): Found {
  if (found === undefined) throw new HeartbeatNotFound(name);
  return found;
}
