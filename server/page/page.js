// What stands around GraphiQL: the key, what became of it, and how an operation is sent.
"use strict";

const KEY = "jalon.key";
const INTROSPECTION = "IntrospectionQuery";
const DEFAULT_QUERY = `query Clients {
  clients(page: { first: 10 }) {
    totalCount
    nodes {
      code
      name
      currency
      contacts { name email }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

// The name under which GraphiQL looks for the word that lets it lock the page behind a dialog.
globalThis.__webpack_nonce__ = document.currentScript.nonce;

const input = document.getElementById("key");
const hint = document.getElementById("hint");
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
// A namespace of our own: other APIs are served from the same port on other days.
const storage = GraphiQL.createLocalStorage({ namespace: "jalon" });

/** Says what is known of the key: "missing", "refused", "accepted" or "silent". */
function tell(state) {
  hint.textContent = hint.dataset[state];
  hint.className = input.className = state;
  input.setAttribute("aria-invalid", String(state === "refused"));
}

/** The headers of an operation; those of GraphiQL's own editor go before ours. */
function headersOf(key, others) {
  const headers = new Headers({
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json",
    "Accept-Language": document.documentElement.lang,
  });
  if (key) headers.set("Authorization", `Bearer ${key}`);
  for (const [name, value] of Object.entries(others ?? {})) headers.set(name, value);
  return headers;
}

function mistake(message) {
  return { errors: [{ message }] };
}

async function send(key, operation, others) {
  // Letters that no header may carry, such as the … of an abridged key.
  if (/[^!-~]/.test(key)) {
    tell("refused");
    return mistake(hint.dataset.refused);
  }
  let headers;
  try {
    headers = headersOf(key, others);
  } catch (error) {
    return mistake(error.message);
  }
  if (!headers.has("Authorization")) {
    tell("missing");
    return mistake(hint.dataset.missing);
  }
  let response, text;
  try {
    response = await fetch(location.pathname, {
      method: "POST",
      headers,
      body: JSON.stringify(operation),
    });
    text = await response.text();
  } catch {
    tell("silent");
    return mistake(hint.dataset.silent);
  }
  tell(response.status === 401 ? "refused" : "accepted");
  try {
    return JSON.parse(text);
  } catch {
    return mistake(`${response.status} ${text}`);
  }
}

/** A function for each key: GraphiQL asks for the schema anew when it is given another one. */
function fetcherFor(key) {
  return async (operation, options) => {
    const answer = await send(key, operation, options?.headers);
    // GraphiQL asks twice for a schema when an answer has no data at all.
    return operation.operationName === INTROSPECTION ? { data: null, ...answer } : answer;
  };
}

let drawnFor;

function draw() {
  const key = input.value.trim();
  if (key === drawnFor) return;
  drawnFor = key;
  sessionStorage.setItem(KEY, key);
  if (!key) tell("missing");
  root.render(
    React.createElement(GraphiQL, {
      fetcher: fetcherFor(key),
      // null: without a schema, until there is a key to ask for it with.
      schema: key ? undefined : null,
      introspectionQueryName: INTROSPECTION,
      defaultQuery: DEFAULT_QUERY,
      // Headers hold keys: they are not kept.
      shouldPersistHeaders: false,
      storage,
    }),
  );
}

input.value = sessionStorage.getItem(KEY) ?? "";
if (!input.value) input.focus();
input.addEventListener("change", draw);
input.addEventListener("paste", () => setTimeout(draw));
draw();
