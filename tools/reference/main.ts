import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { referencePages } from './pages.ts'

/** Writes the generated pages of docs/reference: `npm run docs`. */

for (const [path, text] of await referencePages()) await writeWhole(path, text)
