import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { Redis } from 'ioredis'
import { EXIT, Failure, hashOf, type ScenarioText, scenarioText } from '../../../scenarios/index.ts'
import { build } from '../../version.ts'
import { prepare, profileFor } from '../prepare.ts'
import type { ConfigurationBase, ConfigurationRequest } from './configuration-process.ts'

/** A base that another machine can work with: it holds all but the files that a scenario names. */
export interface SentBase extends ConfigurationBase {
  readonly path: ScenarioText
  /** SHA-256 of each trace file, by its path in the scenario */
  readonly traces: Readonly<Record<string, string>>
}

/** The data of a job. */
export interface QueuedRequest extends ConfigurationRequest {
  /** key of the base */
  readonly base: string
}

/** Only workers of the same version and commit share a queue: others might have other figures. */
export function queueName(): string {
  const { version, commit } = build()
  return `spillway-${version}${commit === null ? '' : `-${commit}`}`.replaceAll(':', '-')
}

export const baseKey = (id: string) => `${queueName()}.base.${id}`

/** How long bases and finished jobs are kept after their last use, s. */
export const KEPT_S = 7 * 24 * 3600

/** The base as it is sent, and its id, which is a hash of it. Throws `Failure` as `prepare`. */
export async function sentBase(base: ConfigurationBase): Promise<{ id: string; base: SentBase }> {
  const text = typeof base.path === 'string' ? await scenarioText(base.path) : base.path
  const { seed, set, loadOfRps } = base
  const prepared = await prepare(base.path, { set: [...set], ...(seed !== undefined && { seed }) })
  const known = typeof base.profile === 'object' ? base.profile : null
  const profile = known ?? (await profileFor(prepared, base.profile as string | undefined))
  const traces: Record<string, string> = {}
  for (const { arrivals } of prepared.scenario.traffic) {
    if (arrivals.process !== 'trace' && arrivals.process !== 'servegen') continue
    traces[arrivals.file] = await fileHash(join(prepared.directory, arrivals.file))
  }
  const sent: SentBase = { path: text, set, seed, loadOfRps, ...(profile && { profile }), traces }
  const { directory: _, ...same } = text
  return { id: hashOf({ ...sent, path: same }), base: sent }
}

export async function fileHash(path: string): Promise<string> {
  return bytesToHex(sha256(await readFile(path)))
}

/** JSON in which infinite figures and those of nothing stay what they are. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? { [NUMBER]: String(inner) } : inner,
  )
}

export function decode<T>(text: string): T {
  return JSON.parse(text, (_, inner) =>
    typeof inner === 'object' && inner !== null && NUMBER in inner ? Number(inner[NUMBER]) : inner,
  )
}

const NUMBER = '$number'

/** A connection that has answered. Throws `Failure` where the server cannot be reached. */
export async function connected(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url)) {
    throw new Failure(`--queue ${shown(url)}: expected redis://HOST:PORT`, EXIT.usage)
  }
  // BullMQ waits for work without a limit of retries; the first answer must come soon
  const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true })
  redis.on('error', () => {})
  try {
    await redis.connect()
    await redis.ping()
    return redis
  } catch (error) {
    redis.disconnect()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(
      `--queue ${shown(url)}: ${reason}; is a Valkey or Redis server running there?`,
    )
  }
}

/** A URL without its password. */
const shown = (url: string) => url.replace(/\/\/[^@/]*@/, '//…@')
