import { availableParallelism, cpus } from 'node:os'

/** One measured figure; `bar` is its target, `best` the best of its rounds. */
export interface Figure {
  readonly name: string
  /** median over rounds */
  readonly value: number
  readonly best: number
  readonly unit: string
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number }
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  readonly platform: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  }
}

const rounded = (value: number) => Number(value.toPrecision(3)).toString()

export function figureLine({ name, value, best, unit, bar }: Figure): string {
  const measured = `${rounded(value)} ${unit}`.trim().padEnd(20)
  const line = `${name.padEnd(58)} ${measured} best ${rounded(best).padEnd(8)}`
  if (bar === undefined) return line.trimEnd()
  const [word, limit] = 'atLeast' in bar ? ['at least', bar.atLeast] : ['at most', bar.atMost]
  const met = 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost
  return `${line} bar: ${word} ${limit}, ${met ? 'met' : 'MISSED'}`
}
