"""Words that decide what a number is: services, banks, cards, wallets; from the tables, folded."""

from __future__ import annotations

import functools
from collections.abc import Callable

from classifiers.knowledge import fold, load

_ACCOUNT = (
    "account|account number|account no|a/c|acc no|acct|account title|bank|bank account|اکاؤنٹ|"
    "اکاؤنٹ نمبر|اکاونٹ|بینک|بنک|بینک اکاؤنٹ|کھاتہ|کھاتہ نمبر|حساب|شماره حساب|حساب بانکی|"
    "بانک|بانکی|شماره حساب بانکی|نمبر حساب|حساب نمبر|بانکي حساب|بانکي|د حساب شمېره|حساب شمېره|"
    "account nambar|akaunt|hesab|bank hesab|da bank hesab|khata number|khata nambar"
)
_CARD = (
    "card|card number|card no|visa|mastercard|master card|debit|debit card|credit|credit card|"
    "atm card|unionpay|paypak|کارڈ|کارڈ نمبر|ڈیبٹ کارڈ|کریڈٹ کارڈ|ویزا کارڈ|کارت|شماره کارت|"
    "ویزا کارت|ماستر کارت|کارټ|کارټ شمېره|کارت نمبر|کارت شمېره"
)
_CRYPTO = (
    "wallet|address|coin|والٹ|ایڈریس|کیف پول|آدرس|پته|پتہ|ادرس|والټ|د بټوې|بټوه|walet|trc20|erc20"
)
_CONTACT = (
    "contact|contacts|write|message|dm|inbox|admin|reach|telegram|signal|whatsapp|رابطہ|رابطے|"
    "ایڈمن|ان باکس|میسج|پیغام|لکھیں|واٹس ایپ|ٹیلی گرام|ٹیلیگرام|تماس|پیام|ادمین|واتساپ|واتس اپ|"
    "تلگرام|بنویسید|اړیکه|اړیکې|پیغام|ولیکئ|ادمین|واټساپ|ټلګرام|ټیلیګرام|rabta|raabta|message|"
    "likhein|arika|areka|paigham|tamas|bot|بوٹ|بوټ|بات|ربات|bot ta|donate|donations|donation"
)


@functools.cache
def account_words() -> frozenset[str]:
    """Banks and words for an account."""
    return _folded(_ACCOUNT) | _services("account")


@functools.cache
def card_words() -> frozenset[str]:
    """Words for a payment card."""
    return _folded(_CARD)


@functools.cache
def crypto_words() -> frozenset[str]:
    """Coins, exchanges and words for a wallet."""
    return _folded(_CRYPTO) | _services("address")


@functools.cache
def phone_service_words() -> frozenset[str]:
    """Mobile-money services whose payee is a phone number."""
    return _services("phone")


@functools.cache
def contact_words() -> frozenset[str]:
    """Words that ask the reader to write to somebody."""
    return _folded(_CONTACT)


#: Every list that a detector may ask for; a new one has its row here.
LISTS: tuple[Callable[[], frozenset[str]], ...] = (
    account_words,
    card_words,
    crypto_words,
    phone_service_words,
    contact_words,
)


def _folded(words: str) -> frozenset[str]:
    return frozenset(filter(None, map(fold, words.split("|"))))


def _services(identifier: str) -> frozenset[str]:
    return frozenset(
        fold(service.term)
        for service in load(cues=False).services
        if service.identifier == identifier
    )
