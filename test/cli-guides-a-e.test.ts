import { testGuides } from './page-commands.ts'

testGuides(import.meta.url)
