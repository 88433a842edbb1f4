"""The GraphQL operations that the stories use."""

IMPORT_CREATE = """
mutation($file: Upload!, $kind: String) {
  importCreate(input: { file: $file, kind: $kind }) {
    importFile {
      id kind state reviewHash
      counts { rows red yellow green create update unchanged refused skipped }
      userErrors { code severity message fix row column found expected }
    }
    userErrors { code message field }
  }
}
"""
IMPORT_CONFIRM = """
mutation($id: ID!, $hash: String!, $key: ID!, $warnings: Boolean! = false, $red: Boolean! = false) {
  importConfirm(input: {
    importId: $id, reviewHash: $hash, idempotencyKey: $key, acceptWarnings: $warnings, skipRed: $red
  }) {
    importFile { id state counts { create update unchanged refused skipped } }
    userErrors { code message field row }
    replayed
  }
}
"""
IMPORT_ROWS = """
query($id: ID!, $colour: RowColour, $first: Int = 100, $after: String) {
  importRows(importId: $id, colour: $colour, page: { first: $first, after: $after }) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      number colour outcome skipped
      cells { column text }
      changes { field before after }
      userErrors { code severity message column found expected }
    }
  }
}
"""
IMPORT_SKIP = """
mutation($id: ID!, $rows: [Int!], $colour: RowColour, $skipped: Boolean! = true) {
  importRowsSkip(input: { importId: $id, rows: $rows, colour: $colour, skipped: $skipped }) {
    importFile { state reviewHash counts { red yellow green skipped create update } }
    userErrors { code message row }
  }
}
"""
TEMPLATE = """
mutation($kind: String!, $prefilled: Boolean! = false, $locale: String) {
  templateDownload(input: { kind: $kind, prefilled: $prefilled, locale: $locale }) {
    download { url filename mediaType size }
    userErrors { code message field }
  }
}
"""
DRAW = """
mutation($client: ID!, $project: ID!, $key: ID!, $basis: InvoiceBasis! = REMAINING,
         $phases: [PhaseShareInput!], $account: String, $sku: String) {
  invoiceCreateFromProject(input: {
    clientId: $client, projectId: $project, idempotencyKey: $key, basis: $basis,
    phases: $phases, ledgerAccount: $account, productSku: $sku
  }) {
    invoice {
      id proFormaNumber number state currency deletable footerMessage version
      net { amount } vat { amount } gross { amount }
      vatGroups { rate category mention base { amount } vat { amount } }
      lines {
        position kind description detail quantity unit unitPrice net { amount }
        taxCode { code } ledgerAccount sku progress phase { id code }
      }
      otherInvoices { number state }
    }
    userErrors { code severity message field }
    replayed
  }
}
"""
FINALISE = """
mutation($id: ID!, $key: ID!, $day: Date) {
  invoiceFinalise(input: { id: $id, idempotencyKey: $key, issueDate: $day }) {
    invoice { id number proFormaNumber state issueDate dueDate deletable }
    userErrors { code message field fix }
    replayed
  }
}
"""
PDF = """
mutation($id: ID!) {
  invoicePdf(id: $id) { download { url filename size } userErrors { code message } }
}
"""
PROJECT = """
query($code: String!) {
  projectByCode(code: $code) {
    id code name status currency vatRate
    client { id name }
    entity { code }
    contracts {
      name billingMethod
      phases {
        id code name kind fee { amount currency }
        figures {
          adjustedFee { amount } history { amount } alreadyBilled { amount } reserved { amount }
          remainingToBill { amount } earned { amount } billableNow { amount }
          overBilled { amount } progress
        }
      }
    }
  }
}
"""
