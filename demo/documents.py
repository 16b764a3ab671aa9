"""Our documents, the same text on every host. All values are variables; of keys and tokens the API insists on it."""

from __future__ import annotations

_ERRORS = "errors { field message code params { name value } }"

_STAND = """
  id number status approval isPaid
  availability { text available of pending backordered }
  waiting { reason quantity }
"""

# For everybody

SENDER = "{ licenseSender { name address } }"

CHECKOUT_DETAILS = (
    """mutation($input: LicenseCheckoutDetailsSetInput!) {
  licenseCheckoutDetailsSet(input: $input) {
    notificationEmail purchaseOrderReference comment renews { id }
    %s
  }
}"""
    % _ERRORS
)

CLAIM = (
    """mutation($token: String!) {
  licenseKeyClaim(input: {token: $token}) { key productName %s }
}"""
    % _ERRORS
)

# For buyers

MY_ORDERS = (
    """query MyLicenseOrders {
  licenseOrders(first: 10) {
    totalCount
    edges { node {
      %s
      purchaseOrderReference
      lines { id productName quantity availability { text } }
      licenses(first: 20) { edges { node { id keyMask fulfillment lifecycle expiresAt } } }
    } }
  }
}"""
    % _STAND
)

ORDER = (
    """query($order: ID!) {
  licenseOrder(order: $order) {
    %s
    buyerEmail notificationEmail purchaseOrderReference comment decisionReason
    account { id isReseller }
    lines { id productName quantity approved withdrawn availability { text } }
    licenses(first: 100) { edges { node {
      id keyMask fulfillment lifecycle expiresAt isRevealed endCustomer { name }
    } } }
    deliveries(first: 100) { edges { node { kind recipient status error } } }
  }
}"""
    % _STAND
)

# From Saleor's own order to its licenses.
SHOP_ORDER = """query($order: ID!) { order(id: $order) {
  licenseOrder { id availability { text } }
  lines { quantity licenses(first: 10) { totalCount edges { node { fulfillment } } } }
} }"""

LICENSE = "query($id: ID!) { license(id: $id) { id keyMask } }"

INVITATION_ACCEPT = (
    """mutation($token: String!) {
  licenseInvitationAccept(input: {token: $token}) { account { id name } %s }
}"""
    % _ERRORS
)

REVEAL = (
    """mutation($license: ID!, $reason: String) {
  licenseKeyReveal(input: {license: $license, reason: $reason}) { key %s }
}"""
    % _ERRORS
)

RECEIPT = (
    """mutation($order: ID!, $emails: String!) {
  licenseOrderReceiptSend(input: {order: $order, emails: $emails}) { emails %s }
}"""
    % _ERRORS
)

# For resellers

END_CUSTOMER_CREATE = (
    """mutation($input: LicenseEndCustomerCreateInput!) {
  licenseEndCustomerCreate(input: $input) { endCustomer { id code name email } %s }
}"""
    % _ERRORS
)

END_CUSTOMER_UPDATE = (
    """mutation($input: LicenseEndCustomerUpdateInput!) {
  licenseEndCustomerUpdate(input: $input) { endCustomer { id code name email } %s }
}"""
    % _ERRORS
)

ASSIGN = (
    """mutation($line: ID!, $quantity: Int!, $endCustomer: ID!) {
  licenseAssign(input: {orderLine: $line, quantity: $quantity, endCustomer: $endCustomer}) {
    licenses { id keyMask fulfillment endCustomer { name } }
    %s
  }
}"""
    % _ERRORS
)

RECALL = (
    """mutation($licenses: [ID!]!, $reason: String) {
  licenseRecall(input: {licenses: $licenses, reason: $reason}) {
    licenses { id fulfillment } %s
  }
}"""
    % _ERRORS
)

RESEND = (
    """mutation($license: ID!, $email: String) {
  licenseEmailResend(input: {license: $license, email: $email}) {
    license { id endCustomer { email } } %s
  }
}"""
    % _ERRORS
)

END_CUSTOMERS = """query MyEndCustomers {
  licenseAccounts(first: 5) { edges { node {
    id name isReseller
    endCustomers(first: 20) { totalCount edges { node { id code name email } } }
  } } }
}"""

# For staff

QUEUE = """query OrdersThatWait {
  licenseOrders(first: 20, filter: {waitingFor: [APPROVAL]}) {
    totalCount
    edges { node { id number buyerEmail orderedAt availability { text } waiting { reason quantity } } }
  }
}"""

APPROVE = """mutation($input: LicenseOrderApproveInput!) {
  licenseOrderApprove(input: $input) { licenseOrder { %s } %s }
}""" % (_STAND, _ERRORS)

REJECT = """mutation($order: ID!, $reason: String!) {
  licenseOrderReject(input: {id: $order, reason: $reason}) { licenseOrder { %s } %s }
}""" % (_STAND, _ERRORS)

ACCOUNT_CREATE = (
    """mutation($input: LicenseAccountCreateInput!) {
  licenseAccountCreate(input: $input) { account { id name isReseller } %s }
}"""
    % _ERRORS
)

POOL_CREATE = (
    """mutation($input: LicenseKeyPoolCreateInput!) {
  licenseKeyPoolCreate(input: $input) { pool { id name } %s }
}"""
    % _ERRORS
)

KEYS_IMPORT = (
    """mutation($input: LicenseKeysImportInput!) {
  licenseKeysImport(input: $input) {
    report {
      isDryRun isRepeat imported accepted refused
      counts { verdict count }
      refusedRows { row verdict }
    }
    %s
  }
}"""
    % _ERRORS
)

POOL_HEALTH = """query($pool: ID!) {
  licenseKeyPool(id: $pool) {
    name lowStockAt health { imported available taken quarantined revoked backordered }
  }
}"""

LICENSE_OF_KEY = """query($key: String!) {
  licenses(first: 2, filter: {key: $key}) { edges { node {
    id keyMask keyReplacements { oldKeyMask reason }
  } } }
}"""

KEY_REPLACE = (
    """mutation($license: ID!, $reason: String!) {
  licenseKeyReplace(input: {licenses: [$license], reason: $reason}) {
    licenses { id keyMask } %s
  }
}"""
    % _ERRORS
)

# What the supplier has to make good.
SUPPLIER_CLAIM = (
    """mutation($pool: ID!) {
  licenseKeyPoolExport(input: {
    pool: $pool, states: [QUARANTINED], columns: [KEY_MASK, SUPPLIER, QUARANTINE_REASON]
  }) { url %s }
}"""
    % _ERRORS
)

POLICY_CREATE = (
    """mutation($input: LicensePolicyCreateInput!) {
  licensePolicyCreate(input: $input) { licensePolicy { id term approval delivery } %s }
}"""
    % _ERRORS
)

MONEY = """query($order: ID!) {
  licenseOrder(order: $order) {
    payment {
      paid refunded disputed
      capturedAmount { amount } refundedAmount { amount } openRefundAmount { amount }
      facts { kind paymentReference amount { amount currency } disputeStage }
    }
    licenses(first: 100) { edges { node { id lifecycle suspensionCauses } } }
  }
}"""

# What followed from one message of the payment provider.
EVENTS_OF_MESSAGE = """query($message: String!) {
  licenseEvents(first: 50, filter: {message: $message}) { edges { node { type message } } }
}"""

EVENTS = """query($order: ID!) {
  licenseEvents(first: 50, filter: {order: $order}) { edges { node { type reason } } }
}"""

LICENSES_OF_ORDER = """query($order: ID!) {
  licenseOrder(order: $order) { licenses(first: 100) { edges { node { id } } } }
}"""

STATE_REASON = """query($license: ID!) {
  license(id: $license) { id lifecycle stateReason { code text(language: "es") note } }
}"""

_LIVES = "{ licenses { id lifecycle displayColor expiresAt graceUntil } %s }" % _ERRORS

SUSPEND = "mutation($input: LicenseSuspendInput!) { licenseSuspend(input: $input) %s }" % _LIVES

REINSTATE = (
    "mutation($input: LicenseReinstateInput!) { licenseReinstate(input: $input) %s }" % _LIVES
)

CANCEL = "mutation($input: LicenseCancelInput!) { licenseCancel(input: $input) %s }" % _LIVES

LIFE = "query($license: ID!) { license(id: $license) { lifecycle expiresAt } }"

QUOTE = """query($license: ID!) {
  licenseRenewalQuote(license: $license) {
    startsAt lapsedDays offers { variantId term expiresAt price { amount currency } }
  }
}"""

TERM_SET = "mutation($input: LicenseTermSetInput!) { licenseTermSet(input: $input) %s }" % _LIVES
