import { visibleLine } from '../../scenarios/index.ts'
import { Empirical, significant } from '../../sim/kernel/index.ts'
import { weightsBytesOf } from '../../sim/memory/index.ts'
import { type ModelProfile, type Profile, timeOf } from '../../sim/world/index.ts'
import { profileHash } from '../folders/profile-file.ts'
import { isOfOneReplica } from '../jobs/extrapolation.ts'
import { idleWidthText, isUnchecked, speedWidthText } from '../jobs/profile-warnings.ts'
import { type Printable, styled } from '../terminal.ts'

/** A summary of a profile; of some of its models, where it has others. */
export function profileText(profile: Profile, models = profile.models): Printable {
  const lines = models.flatMap((model) => {
    const wake = model.wake.ms.at(-1)! * 1000
    const idle = wake > 0 ? idleWidthText(model) : null
    return [
      styled('bold', visibleLine(model.label)),
      ...(model.steps === undefined ? batchLines(model) : stepLines(model, model.steps)),
      `  speed       ${speedWidthText(model)}${isOfOneReplica(model) ? ', of one replica alone' : ''}`,
      `  wake-up     ${micros(wake)} after ${significant(model.wake.gapMs.at(-1)!, 2)} ms idle${idle === null ? '' : `, ${idle}`}`,
      `  overheads   dispatch ${middleUs(model.overheads.dispatch[0]!.table)}, completion ${middleUs(model.overheads.completion.at(-1)!.table)} (medians, with a sleeping dispatcher)`,
      ...loadLines(model),
    ]
  })
  return [
    ...lines.map((line) => [line, '\n']),
    `profile ${visibleLine(profile.name)}, hash ${profileHash(profile)}`,
  ]
}

/** Times of batches by their size and padded length. */
function batchLines({ work }: ModelProfile): string[] {
  const { sizes, lengths, ms } = work
  const corner = (i: number, j: number) =>
    `batch ${sizes.at(i)} x length ${lengths.at(j)}: ${significant(ms.at(i)!.at(j)!, 3)} ms`
  const cells =
    lengths.length > 1
      ? [corner(0, 0), corner(0, -1), corner(-1, -1)]
      : [corner(0, 0), corner(-1, 0)]
  return [
    `  work        ${cells.join('; ')}`,
    isUnchecked(work)
      ? NO_CHECK
      : `              each batch size and length is predicted from the others within ${percent(worstOf(work.error.flat()))}`,
  ]
}

/** Times of steps by the sequences that decode and the longest context of these. */
function stepLines(
  { work: { sizes, lengths } }: ModelProfile,
  steps: NonNullable<ModelProfile['steps']>,
): string[] {
  const { levels, heldOut, rows } = steps
  const [first, last] = [levels[0]!, levels.at(-1)!]
  const shape = ({ sequences, context }: StepLevel) =>
    `${sequences} ${sequences === 1 ? 'sequence' : 'sequences'} x context ${context}`
  const cell = (level: StepLevel) => {
    const { sequences: decodes, context: longest } = level
    const time = timeOf(steps, { decodes, longest, prompts: 0, promptTokens: 0, promptPast: 0 })
    return `${shape(level)}: ${significant(time, 3)} ms`
  }
  const cells = [{ sequences: sizes[0]!, context: lengths[0]! }, first, last].map(cell)
  const errors = heldOut.map(({ worst }) => worst)
  return [
    `  steps       ${[...new Set(cells)].join('; ')}`,
    `              measured up to ${levels.map(shape).join(', ')}; with prompts up to ${rows.at(-1)} tokens in a step`,
    errors.length === 0
      ? NO_CHECK
      : `              steps by sequences, context or prompt tokens are predicted from the others within ${percent(worstOf(errors))}`,
  ]
}

type StepLevel = NonNullable<ModelProfile['steps']>['levels'][number]

const NO_CHECK = '              no shape between these shows how well times are interpolated'

const worstOf = (errors: readonly number[]) => Math.max(...errors.map(Math.abs))

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

function loadLines({ memory }: ModelProfile): string[] {
  if (memory?.loadMs === undefined) return []
  const table = new Empirical(memory.loadMs)
  const [least, most] = [memory.loadMs[0]!, memory.loadMs.at(-1)!]
  const mib = weightsBytesOf(memory) / 2 ** 20
  return [
    `  load        ${significant(table.mean, 3)} ms [${significant(least, 3)} to ${significant(most, 3)}], of ${significant(mib, 3)} MiB`,
  ]
}

const micros = (value: number) => `${Math.round(value).toLocaleString('en-US')} µs`

const middleUs = (table: readonly number[]) => micros(1000 * table[table.length >> 1]!)
