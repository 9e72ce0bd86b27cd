/* Sockets of the internet as the kernel has them (in.h, in6.h, tcp.h, socket.h): libc's headers are not here. */
#ifndef BUNKER_INET_H
#define BUNKER_INET_H

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2

#define SO_ERROR 4
#define SO_KEEPALIVE 9
#define SO_LINGER 13

#define IPPROTO_IP 0
#define IP_PKTINFO 8
#define IPPROTO_TCP 6
#define TCP_NODELAY 1
#define TCP_SYNCNT 7
#define IPPROTO_IPV6 41
#define IPV6_RECVPKTINFO 49

#define MSG_PEEK 2
#define SHUT_WR 1

#endif
