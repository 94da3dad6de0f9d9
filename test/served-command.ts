import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { CommandOptions, Started } from './command-line.ts'
import { processesWith } from './command-line.ts'
import { madeUpProfile } from './profiles.ts'
import { commandsIn, put } from './spillway.ts'

/** `spillway serve` as users run it, in processes of its own. */

export interface ServedCommand {
  readonly url: string
  readonly port: number
  readonly command: Started
  /** The most memory that each of its processes has had, MiB, together. */
  peakMib(): number
  /** The value of the first metric that matches, or of all of them together. */
  metric(pattern: RegExp): Promise<number>
}

/** Serves a scenario at a free port. `folder`: with nothing else that runs there. */
export async function servedCommand(
  folder: string,
  scenario: string,
  { args = [], ...options }: CommandOptions & { readonly args?: readonly string[] } = {},
): Promise<ServedCommand> {
  put(folder, 'served.yaml', scenario)
  put(folder, 'served.json', JSON.stringify(madeUpProfile(scenario)))
  const { start } = commandsIn(folder, options)
  const given = ['serve', 'served.yaml', '--profile', 'served.json', '--port', '0', ...args]
  const command = start(given)
  for (;;) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(command.text.stdout)?.[0]
    if (url !== undefined) return { ...served(url, folder), command }
    expect(command.child.exitCode, command.text.stderr).toBe(null)
    await sleep(20)
  }
}

function served(url: string, folder: string): Omit<ServedCommand, 'command'> {
  return {
    ...{ url, port: Number(new URL(url).port) },
    peakMib: () => {
      const processes = processesWith(`SPILLWAY_CACHE=${folder}/cache`)
      return processes.reduce((sum, { pid }) => sum + peakOf(pid), 0)
    },
    metric: async (pattern) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const lines = text.split('\n').filter((line) => pattern.test(line))
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
  }
}

function peakOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(kib?.[1] ?? 0) / 1024
}

/** A small text model. */
export const ENCODER = `spillway: 1
name: served
duration_s: 1
models:
  encoder: { builtin: transformer-encoder, layers: 1, hidden: 32, heads: 2, vocabulary: 100, pad_to: 8 }
traffic:
  - class: text
    arrivals: { process: poisson, rate_rps: 10 }
    input_tokens: { distribution: uniform, min: 1, max: 60 }
  - class: long
    arrivals: { process: poisson, rate_rps: 10 }
    input_tokens: { distribution: uniform, min: 1, max: 60 }
pools:
  - name: central
    model: encoder
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 30 }
`

export const VOCABULARY = 100

/** The inputs of the text model for some tokens, as JSON has them. */
export const encoderInputs = (ids: readonly number[]) =>
  [ids, ids.map(() => 1)].map((data, i) => ({
    name: ['input_ids', 'attention_mask'][i],
    shape: [1, ids.length],
    datatype: 'INT64',
    data,
  }))
