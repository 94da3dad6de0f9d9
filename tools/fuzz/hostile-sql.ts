import type { Random } from '../../sim/kernel/index.ts'
import { chance, pick } from './choose.ts'

/** SQL that tries to leave the table which it is run on. */

/** Content of the files that SQL must not read. */
export const SECRET = 'a-secret-of-another-file'
/** Beginning of the names of files that SQL must not write. */
export const WRITTEN = 'written-by-sql'

/** Files of the folder that the SQL is run in. */
export interface Aims {
  /** absolute paths of files that exist */
  readonly text: string
  readonly table: string
  /** absolute path of a file that does not exist; its name begins with `WRITTEN` */
  readonly target: string
  /** HOST:PORT that answers connections */
  readonly server: string
}

/** A file as SQL may name it. */
function nameOf(path: string, random: Random): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const folder = path.slice(0, path.lastIndexOf('/'))
  return pick(random, [
    path,
    name,
    `../${folder.slice(folder.lastIndexOf('/') + 1)}/${name}`,
    `${folder}/./${name}`,
    `file://${path}`,
    `file:${path}`,
    `/proc/self/root${path}`,
    `/proc/self/cwd/${name}`,
  ])
}

/** A file that can be read, also by a pattern. */
const readable = (path: string, random: Random) =>
  chance(random, 0.2)
    ? pick(random, [`${path.slice(0, -1)}*`, `${path.slice(0, -1)}[a-z]`, `${path}*`])
    : nameOf(path, random)

type Statement = (names: Aims, random: Random) => string

/** Reads of files. */
const READS: readonly Statement[] = [
  ({ text }) => `select content from read_text('${text}')`,
  ({ text }) => `select content::varchar from read_blob('${text}')`,
  ({ text }) => `select * from read_csv('${text}', header = false)`,
  ({ text }) => `select * from read_csv_auto('${text}')`,
  ({ text }) => `select * from sniff_csv('${text}')`,
  ({ text }) => `select * from read_json('${text}')`,
  ({ text }) => `select * from read_ndjson_objects('${text}')`,
  ({ table }) => `select * from read_parquet('${table}')`,
  ({ table }) => `select * from parquet_scan(['${table}'])`,
  ({ table }) => `select * from parquet_schema('${table}')`,
  ({ table }) => `select * from parquet_metadata('${table}')`,
  ({ table }) => `select * from parquet_kv_metadata('${table}')`,
  ({ text }) => `select * from '${text}'`,
  ({ table }) => `from '${table}'`,
  ({ text }) => `select file from glob('${text}*')`,
  ({ text }) => `select filename, size from read_blob('${text}')`,
  ({ text }) => `create table stolen (line varchar); copy stolen from '${text}'; from stolen`,
  ({ table }) => `insert into results select * from read_parquet('${table}'); from results`,
  ({ text }) => `select * from query('from read_text(''${text}'')')`,
  ({ text }) => `set variable file = '${text}'; from read_text(getvariable('file'))`,
  ({ text }) => `select getenv('HOME'), content from read_text('${text}')`,
]

/** Writes of files. */
const WRITES: readonly Statement[] = [
  ({ target }) => `copy results to '${target}'`,
  ({ target }) => `copy (select 1) to '${target}' (format parquet)`,
  ({ target }) => `copy (select 1) to '${target}' (use_tmp_file false)`,
  ({ target }) => `copy (select 1 as a, 2 as b) to '${target}' (partition_by (a))`,
  ({ target }) => `copy (select 'x'::blob) to '${target}' (format blob)`,
  ({ table }) => `copy (select 1) to '${table}' (use_tmp_file false)`,
  ({ text }) => `copy (select 1) to '${text}' (format csv, use_tmp_file false)`,
  ({ target }) => `export database '${target}'`,
  ({ target }) => `attach '${target}' as other; create table other.t as from results`,
  ({ target }) => `attach '${target}' as other (type duckdb, storage_version 'latest')`,
  ({ target }) =>
    `pragma enable_profiling = 'json'; pragma profiling_output = '${target}'; from results`,
  ({ target }) => `set profiling_output = '${target}'`,
  ({ target }) => `set log_query_path = '${target}'`,
  ({ target }) => `call enable_logging(storage = 'file', storage_path = '${target}'); from results`,
  ({ target }) =>
    `call enable_logging('QueryLog', storage = 'file', storage_config = {'path': '${target}'}); from results`,
  ({ target }) => `set temp_directory = '${target}'`,
  ({ target }) => `set secret_directory = '${target}'; create persistent secret (type s3)`,
  () => 'create persistent secret mine (type http, bearer_token $$x$$)',
  ({ target }) => `set extension_directory = '${target}'; install httpfs`,
  ({ target }) =>
    `attach '${target}' as other; attach ':memory:' as own; copy from database own to other`,
]

/** Settings, extensions and the network. */
const SETTINGS: readonly Statement[] = [
  () => 'set enable_external_access = true',
  () => 'set global enable_external_access = true',
  () => 'reset enable_external_access',
  () => 'set lock_configuration = false',
  () => 'reset lock_configuration',
  () => "set disabled_filesystems = ''",
  () => "set allowed_directories = ['/']",
  () => "set allowed_paths = ['/etc/passwd']",
  () => "pragma temp_directory = '/tmp'",
  // through the proxy that the environment names
  () => 'install httpfs',
  () => 'force install httpfs',
  () => 'load httpfs',
  ({ server }) => `install httpfs from 'http://${server}'`,
  ({ server }) => `set custom_extension_repository = 'http://${server}'; install httpfs`,
  ({ server }) => `set http_proxy = '${server}'; force install httpfs`,
  ({ server }) => `install 'http://${server}/x.duckdb_extension'`,
  ({ server }) => `load 'http://${server}/x.duckdb_extension'`,
  ({ text }) => `load '${text}'`,
  () => 'update extensions',
  ({ server }) => `select * from read_csv('http://${server}/x.csv')`,
  ({ server }) =>
    `select * from read_parquet('s3://bucket/x.parquet?s3_endpoint=${server}&s3_use_ssl=false')`,
  ({ server }) => `attach 'http://${server}/x.db' as remote (read_only)`,
  () => "attach 'ducklake:x' as lake",
  () => "attach 'md:' as cloud",
]

/** May be answered, but not with what another file has. */
const HARMLESS: readonly Statement[] = [
  () => 'select * from duckdb_secrets()',
  () => 'drop table results; from results',
  () => 'checkpoint; vacuum; pragma database_size',
  () => "select current_setting('enable_external_access'), current_setting('temp_directory')",
]

const STATEMENTS = [...READS, ...WRITES, ...SETTINGS, ...HARMLESS]

/** What SQL is put into. */
const WRAPPERS: readonly ((sql: string) => string)[] = [
  (sql) => `explain analyze ${sql}`,
  (sql) => `prepare one as ${sql}; execute one`,
  (sql) => `with stolen as (${sql}) select * from stolen`,
  (sql) => `select (${sql})`,
  (sql) => `create macro m() as table ${sql}; from m()`,
  (sql) => `create view v as ${sql}; from v`,
  (sql) => `create table t as ${sql}; from t`,
  (sql) => `begin transaction; ${sql}; commit`,
  (sql) => `select 1; ${sql}; select 2`,
  (sql) => `describe ${sql}`,
  (sql) => `summarize ${sql}`,
  (sql) => `/* */ ${sql} -- x`,
]

export interface HostileSql {
  readonly sql: string
  readonly aim: 'read' | 'write or set' | 'harmless'
}

/** Statement `number`: each of the list once as it stands, then at random. */
export function hostileSql(number: number, aims: Aims, random: Random): HostileSql {
  const plain = STATEMENTS[number]
  if (plain !== undefined) return { sql: plain(aims, random), aim: aimOf(plain) }
  const named = {
    ...aims,
    text: readable(aims.text, random),
    table: readable(aims.table, random),
    target: nameOf(aims.target, random),
  }
  const statement = pick(random, STATEMENTS)
  const sql = statement(named, random)
  return {
    sql: chance(random, 0.7) ? pick(random, WRAPPERS)(sql) : sql,
    aim: aimOf(statement),
  }
}

function aimOf(statement: Statement): HostileSql['aim'] {
  if (HARMLESS.includes(statement)) return 'harmless'
  return READS.includes(statement) ? 'read' : 'write or set'
}
