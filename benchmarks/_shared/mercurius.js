// The peer of the three reads: Mercurius with graphql-jit and loaders, on the product's own tables.
//
//   node mercurius.js --modules FOLDER --url sqlite:///… --organisation 1 --listening FD
//
// It keeps to one organisation by a condition in its SQL and asks for no key. /clock tells the
// processor seconds of its process.
'use strict';
const { createRequire } = require('module');

const given = {};
for (let i = 2; i < process.argv.length; i += 2) given[process.argv[i].slice(2)] = process.argv[i + 1];
const load = createRequire(given.modules + '/');
const firm = Number(given.organisation);
const sqlite = given.url.startsWith('sqlite');

let run;
if (sqlite) {
  const Database = load('better-sqlite3');
  const database = new Database(given.url.slice('sqlite:///'.length), { readonly: true });
  for (const pragma of ['mmap_size=268435456', 'cache_size=-65536']) database.pragma(pragma);
  const known = new Map();
  run = (text, values) => {
    let statement = known.get(text);
    if (!statement) known.set(text, (statement = database.prepare(text)));
    return statement.all(...values);
  };
} else {
  const { Pool, types } = load('pg');
  types.setTypeParser(20, Number);
  types.setTypeParser(1082, (text) => text);
  const pool = new Pool({ connectionString: given.url, max: 8, options: '-c jit=off' });
  const names = new Map();
  run = async (text, values) => {
    if (!names.has(text)) names.set(text, 's' + names.size);
    return (await pool.query({ name: names.get(text), text, values })).rows;
  };
}
const mark = (place) => (sqlite ? '?' : '$' + place);
const among = (keys) => (sqlite
  ? ['IN (SELECT value FROM json_each(?))', JSON.stringify(keys)]
  : ['= ANY($1)', keys]);

const amount = (minor) => Math.floor(minor / 100) + '.' + String(minor % 100).padStart(2, '0');
const number = (scaled) => String(scaled / 10000);
const KINDS = { 380: 'INVOICE', 381: 'CREDIT_NOTE', 386: 'DEPOSIT' };
const COLUMNS = `id, pro_forma_number AS "proFormaNumber", state, kind, issue_date AS "issueDate",
  due_date AS "dueDate", currency, net_minor, vat_minor, gross_minor, client_id, project_id`;
const invoice = (row) => {
  row.key = row.id;
  row.id = 'invoice_' + row.id;
  row.kind = KINDS[row.kind];
  row.net = { amount: amount(row.net_minor), currency: row.currency };
  row.vat = { amount: amount(row.vat_minor), currency: row.currency };
  row.gross = { amount: amount(row.gross_minor), currency: row.currency };
  return row;
};
const keyOf = (cursor) => JSON.parse(Buffer.from(cursor, 'base64url').toString())[2];
const page = async (_, { page: { first, after } }) => ({
  nodes: (await run(`SELECT ${COLUMNS} FROM invoice WHERE organisation_id = ${firm}
    AND state IN ('DRAFT', 'SENT', 'READY') AND id < ${mark(1)} ORDER BY id DESC LIMIT ${mark(2)}`,
  [after ? keyOf(after) : Number.MAX_SAFE_INTEGER, first])).map(invoice),
});
const one = async (_, { id }) => {
  const rows = await run(`SELECT ${COLUMNS} FROM invoice WHERE organisation_id = ${firm}
    AND id = ${mark(1)}`, [Number(id.split('_')[1])]);
  return rows.length ? invoice(rows[0]) : null;
};
const parties = (table) => async (asked) => {
  const keys = asked.map(({ obj }) => obj[table + '_id']);
  const [condition, value] = among([...new Set(keys)]);
  const rows = await run(`SELECT id, code, name FROM ${table}
    WHERE id ${condition} AND organisation_id = ${firm}`, [value]);
  const found = new Map();
  for (const row of rows) found.set(row.id, { id: table + '_' + row.id, code: row.code, name: row.name });
  return keys.map((key) => found.get(key));
};
const lines = async (asked) => {
  const found = new Map(asked.map(({ obj }) => [obj.key, []]));
  const [condition, value] = among([...found.keys()]);
  const rows = await run(`SELECT invoice_id, position, description, quantity, net_minor, currency
    FROM invoice_line WHERE invoice_id ${condition} AND organisation_id = ${firm}
    ORDER BY invoice_id, position`, [value]);
  for (const row of rows) {
    row.quantity = number(row.quantity);
    row.net = { amount: amount(row.net_minor), currency: row.currency };
    found.get(row.invoice_id).push(row);
  }
  return asked.map(({ obj }) => found.get(obj.key));
};

const schema = `
scalar Date
scalar Decimal
enum InvoiceState { DRAFT SENT READY FINAL }
enum InvoiceKind { INVOICE CREDIT_NOTE DEPOSIT }
type Money { amount: Decimal! currency: String! }
type Client { id: ID! code: String name: String! }
type Project { id: ID! code: String! name: String! }
type InvoiceLine { position: Int! description: String! quantity: Decimal net: Money! }
type Invoice { id: ID! proFormaNumber: String! state: InvoiceState! kind: InvoiceKind! issueDate: Date
  dueDate: Date net: Money! vat: Money! gross: Money! client: Client! project: Project
  lines: [InvoiceLine!]! }
type Invoices { nodes: [Invoice!]! }
input PageInput { first: Int = 50 after: String }
type Query { invoices(page: PageInput): Invoices! invoice(id: ID!): Invoice }`;
const plain = { opts: { cache: false } };
const app = load('fastify')({ logger: false });
app.get('/clock', async (_, reply) => {
  const { user, system } = process.cpuUsage();
  return reply.send(String((user + system) / 1e6));
});
app.register(load('mercurius'), {
  schema,
  path: '/graphql',
  jit: 1,
  graphiql: false,
  resolvers: { Query: { invoices: page, invoice: one } },
  loaders: {
    Invoice: {
      client: { loader: parties('client'), ...plain },
      project: { loader: parties('project'), ...plain },
      lines: { loader: lines, ...plain },
    },
  },
});
app.ready().then(() => app.server.listen({ fd: Number(given.listening) }));
