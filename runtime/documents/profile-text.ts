import { visibleLine } from '../../scenarios/index.ts'
import { Empirical, significant } from '../../sim/kernel/index.ts'
import { weightsBytesOf } from '../../sim/memory/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { profileHash } from '../folders/profile-file.ts'
import { idleWidthText, isUnchecked, speedWidthText } from '../jobs/profile-warnings.ts'
import { type Printable, styled } from '../terminal.ts'

/** A summary of a profile; of some of its models, where it has others. */
export function profileText(profile: Profile, models = profile.models): Printable {
  const lines = models.flatMap((model) => {
    const { sizes, lengths, ms, error } = model.work
    const worst = Math.max(...error.flat().map(Math.abs))
    const corner = (i: number, j: number) =>
      `batch ${sizes.at(i)} x length ${lengths.at(j)}: ${significant(ms.at(i)!.at(j)!, 3)} ms`
    const cells =
      lengths.length > 1
        ? [corner(0, 0), corner(0, -1), corner(-1, -1)]
        : [corner(0, 0), corner(-1, 0)]
    const wake = model.wake.ms.at(-1)! * 1000
    const idle = wake > 0 ? idleWidthText(model) : null
    return [
      styled('bold', visibleLine(model.label)),
      `  work        ${cells.join('; ')}`,
      isUnchecked(model.work)
        ? '              no shape between these shows how well times are interpolated'
        : `              each batch size and length is predicted from the others within ${(100 * worst).toFixed(1)} %`,
      `  speed       ${speedWidthText(model)}`,
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
